"""Everything that runs by itself: mails about changes, feedback, gauges, audit heads, link keys."""
