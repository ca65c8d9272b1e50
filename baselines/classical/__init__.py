"""The classical methods, a module each, and their records."""
