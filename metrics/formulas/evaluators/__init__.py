"""Formulas of the Python evaluators that papers since 2023 are measured with, in the arithmetic of their code.

Most of them work in float32. Where that decides digits, the order of operations is part of the definition and
written down here; sums of float32 arrays are NumPy's pairwise ones.
"""
