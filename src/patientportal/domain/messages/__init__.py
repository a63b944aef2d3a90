"""What the practice writes to a patient."""
