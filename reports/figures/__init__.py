"""Figures of finished runs: vector text, colours that colour-blind readers can tell apart, PDF, SVG or PNG."""
