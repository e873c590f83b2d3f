"""The pages of the site, one module for each thing that they are about."""
