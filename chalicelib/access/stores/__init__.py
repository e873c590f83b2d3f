"""The tables of access: a module for each kind of row."""
