"""What a detector or a segmenter is given, and what it gave: export of labelled pairs, import of predictions."""
