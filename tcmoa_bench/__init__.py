"""Benchmark and evaluation suite for general image fusion around TC-MoA."""

__version__ = "0.2.0"
