"""Conventions, one module each; importing this package registers them all."""

from tcmoa_bench.metrics.conventions import tang, textbook, vifb

__all__ = ["tang", "textbook", "vifb"]
