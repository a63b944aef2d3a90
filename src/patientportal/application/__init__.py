"""The use cases: load, decide, save; one file a topic."""
