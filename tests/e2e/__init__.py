"""The deployed local stack, driven as its users drive it. Start with support.py."""
