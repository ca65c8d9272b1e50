"""What a fused image is worth."""
