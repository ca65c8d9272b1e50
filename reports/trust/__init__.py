"""Metrics on trial: against ground truth, people, damage and each other."""
