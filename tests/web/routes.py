"""The right that each (method, path) of the site asks for, or any of several; None is open."""

from app import PAGES

ROUTES = {(method, page.path): page.right for page in PAGES for method in page.methods}
