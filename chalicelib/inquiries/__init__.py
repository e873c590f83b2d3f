"""Inquiries: a PoC of one State asks a PoC of another to get in touch. We keep the clocks, never the contents."""
