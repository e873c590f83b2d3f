"""Ping tests: every six months the manager verifies that each entry is current (§13, §29)."""
