"""What every part stands on: AWS, the clock, ids, errors, settings, languages, and what operators see."""
