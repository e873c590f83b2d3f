"""Nominations from a file: the sheet, the dry run, the commit."""
