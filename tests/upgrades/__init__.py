"""Recorded from released versions: machines, payloads, links. Added to, never edited (docs/deploy.md, Upgrades)."""
