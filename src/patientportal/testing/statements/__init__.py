"""The state machine of statements."""
