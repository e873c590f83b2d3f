"""The local AWS: started, deployed to, filled with sample data, and looked into. Never part of the deployed app."""
