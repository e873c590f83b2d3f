"""Fault drills on the local stack (`make drill`): what is lost, what comes twice, which clocks are wrong."""
