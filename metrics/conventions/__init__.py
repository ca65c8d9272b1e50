"""Conventions, one module each; importing this package registers them all."""

from tcmoa_bench.metrics.conventions import tang

__all__ = ["tang"]
