"""Learning (§16, §31): the tutorial with a safe try-out, templates, a checklist, and a catalogue of training and events."""
