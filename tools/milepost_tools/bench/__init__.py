"""Benchmarks: what the core, the store and the artifact cost, each with a table for people and one line of JSON."""
