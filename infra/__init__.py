"""Packaging, deployment and the local AWS; nothing of this package is in the deployed app."""
