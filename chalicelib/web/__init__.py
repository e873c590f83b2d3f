"""The pages of the site. A page parses the request, calls a service and renders the answer; it decides nothing."""
