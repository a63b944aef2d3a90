"""What a patient owes, and how it is paid."""
