"""The state machine of accounts."""
