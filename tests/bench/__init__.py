"""The budgets, measured: `make bench` runs everything once and writes docs/benchmarks.md. Nothing here is a test."""
