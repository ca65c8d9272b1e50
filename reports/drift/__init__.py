"""Drift: snapshots of runs, what moved between two of them, speed."""
