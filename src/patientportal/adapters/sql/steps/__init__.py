"""What each step of the migrations says, by topic."""
