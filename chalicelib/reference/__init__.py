"""Read-only data that all parts share: States, languages, networks, hours and time zones."""
