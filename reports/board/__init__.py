"""Many runs as one board: which cells stand in it, where each row comes from, what it was in earlier runs."""
