"""Signed links in mail: each lets its holder record one acknowledgement, and never sign in."""
