"""Read-only data that all parts share: States, languages, networks, and hours of duty with their time zones."""
