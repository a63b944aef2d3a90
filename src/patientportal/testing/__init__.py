"""What users' own tests are made of: fakes, a portal in memory, contracts, strategies and a state machine."""

from patientportal.testing.fakes import CheapHasher, FrozenClock, ids_in_a_row, secrets_in_a_row
from patientportal.testing.world import (
    ANSWERS,
    PASSWORD,
    Member,
    activated,
    desk,
    invited,
    last_link_secret,
    person,
    portal,
)

__all__ = [
    "ANSWERS",
    "PASSWORD",
    "CheapHasher",
    "FrozenClock",
    "Member",
    "activated",
    "desk",
    "ids_in_a_row",
    "invited",
    "last_link_secret",
    "person",
    "portal",
    "secrets_in_a_row",
]
