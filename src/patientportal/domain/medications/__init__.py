"""What a patient takes, and how more of it is asked for."""
