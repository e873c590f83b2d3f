"""The pages of the site. A page parses, calls a service and renders; it decides nothing."""
