"""The state machine of appointments."""
