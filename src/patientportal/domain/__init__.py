"""The rules: pure functions over frozen states, one file a topic."""
