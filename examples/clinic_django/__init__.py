"""A patient portal inside Django: the pages of its patients, and one of the practice."""
