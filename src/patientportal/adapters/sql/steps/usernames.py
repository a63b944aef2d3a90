"""A log-in finds an account by its username, in one trip with its guard: step 22.

``usernames`` alone says that no two have the same.
"""

STATEMENTS = ("CREATE INDEX accounts_by_username ON accounts (username)",)
