"""Makes the assertions that races share tell what they saw, as those of a test do."""

import pytest

pytest.register_assert_rewrite("tests.races.books", "tests.races.dealing", "tests.races.schedule")
