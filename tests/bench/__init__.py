"""Benchmarks, run by `make bench`: the product as its users run it, each figure against a baseline of the same run."""
