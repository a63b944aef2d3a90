"""What support is asked for."""
