"""Conventions, one module each; importing this package registers them all."""

from tcmoa_bench.metrics.conventions import (
    evaluators,
    fmi,
    libraries,
    liu,
    mefb,
    mfif,
    region,
    tang,
    textbook,
    textbook_structure,
    vifb,
)

__all__ = [
    "evaluators",
    "fmi",
    "libraries",
    "liu",
    "mefb",
    "mfif",
    "region",
    "tang",
    "textbook",
    "textbook_structure",
    "vifb",
]
