"""What several methods are built from: filters, colour policies, threads, the classical fuser itself."""
