"""Fusion networks with published weights, which the user provides; written from their specification."""
