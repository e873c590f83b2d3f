"""Learning (§16, §31): a safe try-out, templates, a checklist, and a catalogue of training and events."""
