"""Mail: built from templates (text first), sent through one gateway, followed by the provider's feedback."""
