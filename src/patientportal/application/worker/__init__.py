"""What time makes due: telling, deciding, forgetting."""
