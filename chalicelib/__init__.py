"""The directory of points of contact: one package per part of the domain (see README, "Where things are")."""
