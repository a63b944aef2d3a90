"""Answers to the ports; no rule lives here."""
