"""Nothing is kept of a question any more."""

STATEMENTS = ("DROP TABLE recovery_challenges",)
