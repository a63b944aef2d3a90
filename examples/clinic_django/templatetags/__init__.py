"""Where Django looks for filters."""
