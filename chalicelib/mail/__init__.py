"""Mail: built from templates (text first), sent through one gateway, and followed up by the provider's feedback."""
