"""Entries: the points of contact that States have nominated, and the States themselves."""
