"""What the core needs from outside: shapes only."""
