"""A portal in memory, ready in milliseconds, and somebody who can log in to it."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from attrs import field, frozen

from patientportal.adapters.common_passwords import ShippedPasswords
from patientportal.adapters.memory import MemoryStore
from patientportal.adapters.recording import RecordingNotifier
from patientportal.adapters.sandbox import SandboxProcessor
from patientportal.application.accounts.recovery import Challenge
from patientportal.application.environment import LINK_PATHS, LinkForm
from patientportal.domain.accounts.links import Purpose
from patientportal.domain.accounts.security_questions import SecurityQuestion
from patientportal.domain.ids import PatientId, StaffId
from patientportal.domain.patients.personal import PersonalInformation
from patientportal.domain.policy import Policy
from patientportal.domain.staff import Role, StaffMember
from patientportal.portal import Portal
from patientportal.ports.common_passwords import CommonPasswords
from patientportal.ports.hashing import PasswordHasher
from patientportal.ports.notifier import Notifier
from patientportal.ports.observer import Observer
from patientportal.ports.payments import PaymentProcessor
from patientportal.ports.store import Store
from patientportal.practice_access import PracticeAccess
from patientportal.testing.fakes import CheapHasher, FrozenClock, ids_in_a_row, secrets_in_a_row

PASSWORD = "violet kettle 42 drifts"  # noqa: S105 - of nobody
BORN = date(1980, 12, 10)
ANSWERS = {SecurityQuestion.FIRST_PET: "Mopsy", SecurityQuestion.FIRST_STREET: "Harbour Lane"}


def portal(
    *,
    policy: Policy | None = None,
    store: Store | None = None,
    notifier: Notifier | None = None,
    hasher: PasswordHasher | None = None,
    common_passwords: CommonPasswords | None = None,
    payments: PaymentProcessor | None = None,
    link_form: LinkForm = LinkForm.FRAGMENT,
    link_paths: Mapping[Purpose, str] = LINK_PATHS,
    clock: Callable[[], datetime] | None = None,
    new_id: Callable[[], str] | None = None,
    new_secret: Callable[[], str] | None = None,
    observe: Observer | None = None,
) -> Portal:
    """A portal made of fakes; pass what the test wants to keep or replace.

    >>> with portal() as one:
    ...     one
    Portal(MemoryStore, zone='America/New_York')
    """
    return Portal(
        store=store or MemoryStore(),
        notifier=notifier or RecordingNotifier(),
        hasher=hasher or CheapHasher(),
        common_passwords=common_passwords or ShippedPasswords(),
        payments=payments or SandboxProcessor(),
        policy=policy or Policy(zone="America/New_York"),
        secret_key=b"k" * 32,
        link_base_url="https://portal.example",
        link_form=link_form,
        link_paths=link_paths,
        clock=clock or FrozenClock(),
        new_id=new_id or ids_in_a_row(),
        new_secret=new_secret or secrets_in_a_row(),
        observe=observe,
    )


@frozen(kw_only=True)
class Member:
    """A patient who has activated, with their credentials."""

    patient_id: PatientId
    username: str
    password: str = field(repr=False)


def desk(of: Portal) -> PracticeAccess:
    """The practice's side, for a member of staff with every role."""
    return of.practice(StaffMember(id=StaffId("staff-1"), name="Sam Staff", roles=frozenset(Role)))


def person(**changes: Any) -> PersonalInformation:
    """Somebody's personal information, with the test's changes."""
    usual: dict[str, Any] = {
        "first_name": "Ada",
        "last_name": "Byron",
        "date_of_birth": BORN,
        "email": "ada.byron@example.org",
    }
    return PersonalInformation(**(usual | changes))


def invited(of: Portal, notifier: RecordingNotifier, **changes: Any) -> tuple[PatientId, str]:
    """A registered patient and the secret of the link that was mailed to them."""
    patient_id = desk(of).patients.register(person(**changes))
    of.work()
    return patient_id, last_link_secret(notifier)


def activated(of: Portal, notifier: RecordingNotifier, username: str = "countess", **changes: Any) -> Member:
    """A patient who can log in."""
    patient_id, link_secret = invited(of, notifier, **changes)
    answers = ANSWERS if of._env.policy.recovery.by_question else {}  # noqa: SLF001 - the host's own policy
    born = person(**changes).date_of_birth
    said = born if isinstance(born, date) else None
    of.activate(link_secret, date_of_birth=said, username=username, password=PASSWORD, security_answers=answers)
    return Member(patient_id=patient_id, username=username, password=PASSWORD)


def asked(challenge: Challenge | None) -> Challenge:
    """What somebody who forgot something is asked, where the practice asks (``RecoveryPolicy.by_question``)."""
    if challenge is None:
        raise AssertionError("nothing was asked")
    return challenge


def last_link_secret(notifier: RecordingNotifier) -> str:
    """The secret of the last link that was mailed, in whichever form (``LinkForm``)."""
    links = [message.link for message in notifier.messages if message.link is not None]
    return secret_of(links[-1])


def secret_of(link: str) -> str:
    """What a mailed link ends with: behind the ``#``, or behind the last ``/``; no secret holds either."""
    return re.split("[#/]", link)[-1]
