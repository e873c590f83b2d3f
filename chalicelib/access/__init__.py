"""Who may come in and what they may do. An account signs in; what it may do is decided by one policy function."""
