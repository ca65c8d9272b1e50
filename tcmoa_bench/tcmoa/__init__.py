"""TC-MoA (Zhu et al., CVPR 2024): the network, its pipeline, checkpoints, prompts and training.

Importing this package imports no torch; the modules that compute do.
"""
