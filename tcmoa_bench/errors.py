"""Errors that a user can mend. They stand apart from the types so that the command line need not import NumPy."""

from __future__ import annotations


class BenchError(Exception):
    """A problem that the user can mend; its text says what is wrong, with which file, and what to do."""


class PairError(BenchError):
    """One pair cannot be used (unreadable file, sizes differ); a run records it and goes on."""


class FuserError(BenchError):
    """A fuser cannot do its job on this pair (too small, weights missing, result not finite)."""


class Unavailable(BenchError):
    """Something optional is not on this machine (a dataset, a weights file); the text says how to get it."""
