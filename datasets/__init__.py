"""Where source pairs come from."""
