"""How long what is tried at random takes: a little in ``dev.py test``, much in ``dev.py torture``."""

import os

LENGTH = int(os.environ.get("PATIENTPORTAL_TEST_LENGTH", "1"))


def times(examples: int) -> int:
    """So many examples in the suite, and more of them at length."""
    return examples * LENGTH
