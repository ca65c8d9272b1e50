"""Training of TC-MoA: configuration, data, objective, loop. Importing this package imports no torch."""
