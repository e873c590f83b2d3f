"""Signed links in mail: a capability to record one acknowledgement, never a way to sign in."""
