"""What users' own tests are made of: fakes, a portal in memory, contracts, strategies and state machines."""

from typing import TYPE_CHECKING

from patientportal.lazy import lazily

if TYPE_CHECKING:
    from patientportal.testing.accounts.machine import PortalMachine
    from patientportal.testing.appointments.machine import AppointmentsMachine
    from patientportal.testing.fakes import CheapHasher, FrozenClock, ids_in_a_row, secrets_in_a_row
    from patientportal.testing.medications.machine import MedicationsMachine
    from patientportal.testing.processor_contract import PaymentProcessorContract
    from patientportal.testing.statements.machine import StatementsMachine
    from patientportal.testing.store_contract import StoreContract
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

_MODULES = {
    "ANSWERS": "world",
    "AppointmentsMachine": "appointments.machine",
    "CheapHasher": "fakes",
    "FrozenClock": "fakes",
    "MedicationsMachine": "medications.machine",
    "Member": "world",
    "PASSWORD": "world",
    "PaymentProcessorContract": "processor_contract",
    "PortalMachine": "accounts.machine",
    "StatementsMachine": "statements.machine",
    "StoreContract": "store_contract",
    "activated": "world",
    "desk": "world",
    "ids_in_a_row": "fakes",
    "invited": "world",
    "last_link_secret": "world",
    "person": "world",
    "portal": "world",
    "secrets_in_a_row": "fakes",
}

__all__ = [
    "ANSWERS",
    "PASSWORD",
    "AppointmentsMachine",
    "CheapHasher",
    "FrozenClock",
    "MedicationsMachine",
    "Member",
    "PaymentProcessorContract",
    "PortalMachine",
    "StatementsMachine",
    "StoreContract",
    "activated",
    "desk",
    "ids_in_a_row",
    "invited",
    "last_link_secret",
    "person",
    "portal",
    "secrets_in_a_row",
]

__getattr__ = lazily(__name__, _MODULES)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
