"""Strategies for patients and their accounts: every state from invitation to recovery, and the events of these."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from attrs import evolve
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from patientportal.domain.accounts.account_end import AccountEnded
from patientportal.domain.accounts.activation import Account, AccountActivated, Username
from patientportal.domain.accounts.birth_dates import BirthDateWrong
from patientportal.domain.accounts.challenges import AnswerWrong, RecoveryClosed, RecoveryGuard
from patientportal.domain.accounts.corrections import FIELDS, PatientCorrected
from patientportal.domain.accounts.email_change import EmailChange, EmailChanged
from patientportal.domain.accounts.guards import LogInGuard, locked
from patientportal.domain.accounts.links import Link, LinkEnd, LinkSecret, LinkStatus, Purpose
from patientportal.domain.accounts.log_in import LockedOut, LogInFailed, Unlocked
from patientportal.domain.accounts.notice_choices import NoticesChosen
from patientportal.domain.accounts.password_reset import PasswordReset, PasswordResetSent
from patientportal.domain.accounts.printing import InvitationPrinted, PasswordResetPrinted
from patientportal.domain.accounts.recovery_names import RecoveryName
from patientportal.domain.accounts.registration import (
    PatientDeactivated,
    PatientInvited,
    PatientReactivated,
    PatientRegistered,
)
from patientportal.domain.accounts.security_questions import FOLDINGS, SecurityAnswer, SecurityAnswers, SecurityQuestion
from patientportal.domain.accounts.sessions import LoggedOffEverywhere, Session
from patientportal.domain.events import Event
from patientportal.domain.patients.notice_choices import NoticeChoice
from patientportal.domain.patients.patients import Patient, PersonalRecord
from patientportal.domain.patients.search_words import SearchWord, words_of
from patientportal.domain.policy import ATTEMPTS_MAX, BIRTH_DATE_ATTEMPTS_MAX
from patientportal.domain.told import BY_CHOICE, Channel, NoticeKind
from patientportal.domain.values.sameness import FOLDING
from patientportal.testing.strategies.people import (
    device_names,
    emails,
    external_ids,
    normal_usernames,
    personal_information,
)
from patientportal.testing.strategies.values import (
    email_change_ids,
    link_ids,
    moments,
    password_hashes,
    patient_ids,
    rising,
    secret_hashes,
    session_ids,
)


@st.composite
def log_in_guards(draw: DrawFn, *, attempts: int = 4) -> LogInGuard:
    """What was counted for a name: nothing any more, some, all but one, or so much that it is locked, for good perhaps.

    Args:
        draw: given by Hypothesis.
        attempts: the wrong attempt that locks.
    """
    at = draw(moments())
    failed = draw(st.sampled_from(sorted({0, attempts - 1, attempts})) | st.integers(0, attempts))
    guard = LogInGuard(name_hash=draw(secret_hashes()), failed_attempts=failed, last_failed_at=at)
    if failed == attempts:
        return locked(guard, now=at)
    earlier = draw(st.sampled_from((0, 0, attempts))) if failed + attempts < ATTEMPTS_MAX else 0
    return evolve(
        guard, failed_attempts=earlier + failed, failed_when_locked=earlier, locked_at=at if earlier else None
    )


def taken_usernames() -> SearchStrategy[Username]:
    """Names that are somebody's."""
    return st.builds(Username, name=normal_usernames(), patient_id=patient_ids())


@st.composite
def patients(draw: DrawFn, *, skewed: bool = False) -> Patient:
    """Patients with an account and without, active and deactivated.

    Args:
        draw: given by Hypothesis.
        skewed: whether the clock was set back in between.
    """
    registered, activated, deactivated = draw(rising(3, skewed=skewed))
    return Patient(
        id=draw(patient_ids()),
        registered_at=registered,
        activated_at=draw(st.sampled_from((None, activated))),
        deactivated_at=draw(st.sampled_from((None, deactivated))),
    )


def personal_records() -> SearchStrategy[PersonalRecord]:
    """What the practice knows of patients, made findable by the rule of today, by one before it, or not yet."""
    return st.builds(
        PersonalRecord,
        patient_id=patient_ids(),
        personal=personal_information(),
        external_id=st.none() | external_ids(),
        folding=st.integers(0, FOLDING),
        notices=st.dictionaries(st.sampled_from(NoticeKind), st.sampled_from(Channel), max_size=3).map(_as_choices),
    )


def _as_choices(chosen: Mapping[NoticeKind, Channel]) -> tuple[NoticeChoice, ...]:
    return tuple(NoticeChoice(kind=kind.value, channel=channel) for kind, channel in sorted(chosen.items()))


def search_words() -> SearchStrategy[SearchWord]:
    """Words by which patients are found: of their names, or the end of a phone number."""
    return personal_records().flatmap(lambda record: st.sampled_from(words_of(record)))


def recovery_names() -> SearchStrategy[RecoveryName]:
    """By which recovery finds patients."""
    return st.builds(RecoveryName, patient_id=patient_ids(), person_hash=secret_hashes())


@st.composite
def accounts(draw: DrawFn, *, skewed: bool = False) -> Account:
    """Accounts, open and locked, some with a password that was changed.

    Args:
        draw: given by Hypothesis.
        skewed: whether the clock was set back in between.
    """
    activated, changed, locked_at = draw(rising(3, skewed=skewed))
    is_locked = draw(st.booleans())
    return Account(
        patient_id=draw(patient_ids()),
        username=draw(normal_usernames()),
        password_hash=draw(password_hashes()),
        activated_at=activated,
        password_changed_at=draw(st.sampled_from((activated, changed))),
        locked_at=locked_at if is_locked else None,
        locked_for_good=is_locked and draw(st.booleans()),
        lock_told_at=draw(st.sampled_from((None, locked_at))),
    )


def hashed_answers() -> SearchStrategy[SecurityAnswers]:
    """Two or more questions with the hashes of their answers, as they are kept for a patient."""
    answers = st.builds(
        SecurityAnswer,
        question=st.sampled_from(SecurityQuestion),
        folding=st.sampled_from(sorted(FOLDINGS)),
        answer_hash=password_hashes(),
    )
    several = st.lists(answers, min_size=2, unique_by=lambda answer: answer.question).map(tuple)
    return st.builds(SecurityAnswers, patient_id=patient_ids(), answers=several)


@st.composite
def links(draw: DrawFn, *, skewed: bool = False) -> Link:
    """Links: not told yet, told, used, or ended before or after they were told.

    Args:
        draw: given by Hypothesis.
        skewed: whether the clock was set back in between.
    """
    created, minted = draw(rising(2, skewed=skewed))
    status = draw(st.sampled_from(LinkStatus))
    return Link(
        patient_id=draw(patient_ids()),
        id=draw(link_ids()),
        purpose=draw(st.sampled_from(Purpose)),
        status=status,
        created_at=created,
        last_minted_at=minted if status is LinkStatus.USED else draw(st.sampled_from((None, minted))),
        ended_by=draw(st.sampled_from(LinkEnd)) if status is LinkStatus.ENDED else None,
        is_printed=draw(st.booleans()),
        wrong_dates=draw(st.integers(0, BIRTH_DATE_ATTEMPTS_MAX)),
    )


def link_secrets() -> SearchStrategy[LinkSecret]:
    """Hashes of what was mailed."""
    return st.builds(
        LinkSecret, patient_id=patient_ids(), link_id=link_ids(), secret_hash=secret_hashes(), minted_at=moments()
    )


@st.composite
def sessions(draw: DrawFn, *, skewed: bool = False) -> Session:
    """Sessions, open and ended; some were never used after the log-in.

    Args:
        draw: given by Hypothesis.
        skewed: whether the clock was set back in between.
    """
    started, seen, ended = draw(rising(3, skewed=skewed))
    return Session(
        patient_id=draw(patient_ids()),
        id=draw(session_ids()),
        secret_hash=draw(secret_hashes()),
        device=draw(device_names()),
        started_at=started,
        last_seen_at=draw(st.sampled_from((started, seen))),
        ended_at=draw(st.sampled_from((None, ended))),
    )


@st.composite
def email_changes(draw: DrawFn, *, skewed: bool = False) -> EmailChange:
    """Changes of an address, confirmed or not.

    Args:
        draw: given by Hypothesis.
        skewed: whether the clock was set back in between.
    """
    requested, confirmed = draw(rising(2, skewed=skewed))
    return EmailChange(
        patient_id=draw(patient_ids()),
        id=draw(email_change_ids()),
        former=draw(st.none() | emails()),
        proposed=draw(emails()),
        requested_at=requested,
        confirmed_at=draw(st.sampled_from((None, confirmed))),
    )


@st.composite
def recovery_guards(draw: DrawFn, *, attempts: int = 4) -> RecoveryGuard:
    """What was counted against somebody: nothing, something, or what closed recovery.

    Args:
        draw: given by Hypothesis.
        attempts: the wrong answer that closes.
    """
    failed = draw(st.integers(0, attempts))
    at = draw(moments())
    return RecoveryGuard(
        subject_hash=draw(secret_hashes()),
        failed_answers=failed,
        last_failed_at=at,
        closed_at=at if failed == attempts else None,
    )


_COUNTS = st.integers(0, 3)
_ATTEMPTS = st.integers(1, 4) | st.integers(1, 100)
EVENTS: Mapping[type[Event], SearchStrategy[Any]] = MappingProxyType(
    {
        AnswerWrong: st.builds(AnswerWrong, attempt=_ATTEMPTS),
        BirthDateWrong: st.builds(
            BirthDateWrong,
            link_id=link_ids(),
            purpose=st.sampled_from((Purpose.INVITATION, Purpose.PASSWORD_RESET)),
            attempt=st.integers(1, BIRTH_DATE_ATTEMPTS_MAX),
            link_ended=st.booleans(),
        ),
        LockedOut: st.builds(
            LockedOut, attempt=_ATTEMPTS, account_locked=st.booleans(), is_told=st.booleans(), for_good=st.booleans()
        ),
        LogInFailed: st.builds(LogInFailed, attempt=_ATTEMPTS),
        LoggedOffEverywhere: st.builds(LoggedOffEverywhere, sessions_ended=st.integers(1, 5)),
        NoticesChosen: st.builds(
            NoticesChosen,
            kinds=st.lists(st.sampled_from(sorted(BY_CHOICE)), min_size=1, unique=True).map(
                lambda kinds: tuple(kind.value for kind in sorted(kinds))
            ),
        ),
        PatientCorrected: st.builds(
            PatientCorrected,
            fields=st.lists(st.sampled_from(FIELDS), min_size=1, unique=True).map(tuple),
            links_ended=_COUNTS,
            is_told=st.booleans(),
        ),
        RecoveryClosed: st.builds(RecoveryClosed, attempt=_ATTEMPTS),
    }
)
"""The events of this topic that can be less than their fields' types say."""

VERBS: Mapping[type[Event], str] = MappingProxyType(
    {
        PatientCorrected: "patients.correct",
        AccountEnded: "patients.end_account",
        PatientDeactivated: "patients.deactivate",
        InvitationPrinted: "patients.print_invitation",
        PasswordResetPrinted: "support.print_password_reset",
        PatientInvited: "patients.invite",
        PatientReactivated: "patients.reactivate",
        PatientRegistered: "patients.register",
        PasswordResetSent: "support.send_password_reset",
        Unlocked: "support.unlock",
    }
)
"""The practice's verb that an event comes from; a patient's events aren't in it."""

OUTSIDE_A_SESSION: frozenset[type[Event]] = frozenset({AccountActivated, EmailChanged, PasswordReset})
"""What patients do outside a session."""

BY_TYPE: Mapping[Any, Callable[[], SearchStrategy[Any]]] = MappingProxyType(
    {
        Account: accounts,
        EmailChange: email_changes,
        Link: links,
        LinkSecret: link_secrets,
        LogInGuard: log_in_guards,
        Patient: patients,
        PersonalRecord: personal_records,
        RecoveryGuard: recovery_guards,
        RecoveryName: recovery_names,
        SearchWord: search_words,
        SecurityAnswers: hashed_answers,
        Session: sessions,
        Username: taken_usernames,
    }
)
"""What ``st.from_type`` answers with, by the type asked for."""
