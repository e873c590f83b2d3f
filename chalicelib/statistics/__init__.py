"""Anonymised statistics for the working group (§35b)."""
