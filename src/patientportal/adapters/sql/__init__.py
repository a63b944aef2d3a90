"""What the SQL stores share: one mapping, one text of the SQL, one row of migrations."""
