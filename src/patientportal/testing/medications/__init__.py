"""The state machine of medications."""
