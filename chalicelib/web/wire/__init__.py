"""Requests and answers as they are on the wire: cookies, forms, tokens, headers, compression, static files."""
