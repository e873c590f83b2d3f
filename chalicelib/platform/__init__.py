"""The base of every part: AWS, the clock, ids, errors, settings, languages, and what operators see."""
