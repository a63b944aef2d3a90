"""A notice's way to whom it tells."""
