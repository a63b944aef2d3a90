"""What staff look at, and what is refused to them."""
