"""Benchmarks of the package, beside the official client and the floor: ``python -m benchmarks``."""
