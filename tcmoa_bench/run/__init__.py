"""A run: the plan of its cells, the runner, progress, suites and the manifest."""
