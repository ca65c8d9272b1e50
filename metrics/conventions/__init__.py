"""Conventions, one module each; importing this package registers them all."""

from tcmoa_bench.metrics.conventions import libraries, tang, textbook, vifb

__all__ = ["libraries", "tang", "textbook", "vifb"]
