"""Values that everything is made of: text, days, zones, money, tokens."""
