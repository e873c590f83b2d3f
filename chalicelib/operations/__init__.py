"""What runs by itself and watches: mails that changes bring about, feedback, gauges, audit heads, link keys."""
