"""Hypothesis strategies for every state, event and value: consistent by default, and close to the edges."""

import string
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Any, TypeVar

from attrs import evolve, frozen
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from patientportal.domain import events as domain_events
from patientportal.domain import ids as domain_ids
from patientportal.domain import passwords as password_rules
from patientportal.domain import sessions as session_rules
from patientportal.domain import usernames as username_rules
from patientportal.domain.accounts import Account, AccountActivated, Username
from patientportal.domain.answers_change import SecurityAnswersChanged
from patientportal.domain.challenges import (
    AnswerWrong,
    ChallengeStatus,
    Flow,
    RecoveryAnswered,
    RecoveryChallenge,
    RecoveryClosed,
    RecoveryGuard,
)
from patientportal.domain.common_passwords import is_common
from patientportal.domain.email_change import EmailChange, EmailChanged, EmailChangeRequested
from patientportal.domain.errors import BadInputError
from patientportal.domain.events import Actor, ActorKind, Event, Recorded
from patientportal.domain.guards import LogInGuard
from patientportal.domain.ids import (
    NOBODY,
    DeliveryId,
    EmailChangeId,
    EventId,
    LinkId,
    PatientId,
    SessionId,
    StaffId,
    SupportRequestId,
)
from patientportal.domain.links import Link, LinkSecret, LinkStatus, Purpose
from patientportal.domain.log_in import LockedOut, LoggedIn, LogInFailed, Unlocked
from patientportal.domain.notices import LEASE, TRIES_MAX, WITH_LINK, Delivery, DeliveryStatus, NoticeKind
from patientportal.domain.password_change import PasswordChanged
from patientportal.domain.password_reset import PasswordReset, PasswordResetSent
from patientportal.domain.passwords import PasswordProblem, PasswordProblemCode
from patientportal.domain.patients import (
    Patient,
    PatientDeactivated,
    PatientInvited,
    PatientReactivated,
    PatientRegistered,
    PersonalRecord,
)
from patientportal.domain.personal import PersonalInformation, is_built_on
from patientportal.domain.policy import (
    EmailChangePolicy,
    InvitationPolicy,
    LockoutPolicy,
    NoticePolicy,
    PasswordPolicy,
    Policy,
    RecoveryPolicy,
    SessionPolicy,
)
from patientportal.domain.recovery import SecurityAnswer, SecurityAnswers, SecurityQuestion
from patientportal.domain.sessions import LoggedOff, LoggedOffEverywhere, Session
from patientportal.domain.staff import PERMITTED, Role, StaffMember
from patientportal.domain.support import SupportAsked, SupportRequest, SupportResolved
from patientportal.domain.tokens import Token

E = TypeVar("E", bound=Event)

ZONES = ("America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia", "UTC")
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_ID = string.ascii_letters + string.digits + "-_"
_LINE = st.one_of(st.sampled_from(string.ascii_letters + " '-"), st.characters(categories=["L", "N", "P", "S"]))
_A_WHILE = timedelta(days=30)

# No run, name or word lies in this order, so that what Hypothesis shrinks to is a good password still.
_LETTERS = "kvqxzjwmpfbgytchdlnrsueoaiKVQXZJWMPFBGYTCHDLNRSUEOAIßżñжшдλ中"
_DIGITS = "7294068135٣"
_SPECIALS = " -!?%&/()=+*#_.,;:~€§😀"


# Ids, secrets and moments


def ids() -> SearchStrategy[str]:
    """Opaque ids, as any ``new_id`` may make them."""
    return st.text(_ID, min_size=1, max_size=64)


def patient_ids() -> SearchStrategy[PatientId]:
    """Ids of patients."""
    return ids().map(domain_ids.PatientId)


def session_ids() -> SearchStrategy[SessionId]:
    """Ids of sessions."""
    return ids().map(domain_ids.SessionId)


def link_ids() -> SearchStrategy[LinkId]:
    """Ids of links."""
    return ids().map(domain_ids.LinkId)


def email_change_ids() -> SearchStrategy[EmailChangeId]:
    """Ids of changes of an address."""
    return ids().map(domain_ids.EmailChangeId)


def support_request_ids() -> SearchStrategy[SupportRequestId]:
    """Ids of requests to support."""
    return ids().map(domain_ids.SupportRequestId)


def delivery_ids() -> SearchStrategy[DeliveryId]:
    """Ids of deliveries."""
    return ids().map(domain_ids.DeliveryId)


def event_ids() -> SearchStrategy[EventId]:
    """Ids of recorded events."""
    return ids().map(domain_ids.EventId)


def staff_ids() -> SearchStrategy[StaffId]:
    """Ids of staff, which are the host's own: any line of text."""
    return _lines(max_size=64).map(domain_ids.StaffId)


def secrets() -> SearchStrategy[str]:
    """What ``new_secret`` may make: 256 bits and more as base64url."""
    return st.text(_ID, min_size=43, max_size=64)


def secret_hashes() -> SearchStrategy[bytes]:
    """SHA-256 hashes of secrets."""
    return st.binary(min_size=32, max_size=32)


def password_hashes() -> SearchStrategy[str]:
    """Hashes as ``CheapHasher`` makes them."""
    return st.builds("cheap$1${}${}".format, st.integers(1, 10**9), secret_hashes().map(bytes.hex))


def tokens() -> SearchStrategy[Token]:
    """Tokens of links and sessions."""
    return st.builds(Token, patient_id=patient_ids(), id=ids(), secret=secrets())


def moments(*, earliest: datetime = EARLIEST, latest: datetime = LATEST) -> SearchStrategy[datetime]:
    """Moments in UTC, to the microsecond.

    Args:
        earliest: the first one, aware.
        latest: the last one, aware.
    """
    naive = (bound.astimezone(UTC).replace(tzinfo=None) for bound in (earliest, latest))
    return st.datetimes(*naive, timezones=st.just(UTC))


@st.composite
def rising(draw: DrawFn, count: int, *, skewed: bool = False) -> list[datetime]:
    """Moments each of which is at or after the one before.

    Args:
        draw: given by Hypothesis.
        count: how many.
        skewed: whether a clock was set back in between, so that any may be before any.
    """
    at = draw(moments(earliest=EARLIEST + 9 * _A_WHILE, latest=LATEST - 9 * _A_WHILE))
    found = [at]
    for _ in range(count - 1):
        at += draw(st.timedeltas(-_A_WHILE if skewed else timedelta(0), _A_WHILE))
        found.append(at)
    return found


# People and what they type


def _lines(*, min_size: int = 1, max_size: int = 40) -> SearchStrategy[str]:
    lines = st.text(_LINE, min_size=min_size, max_size=max_size)
    tidy = lines.map(lambda text: unicodedata.normalize("NFC", text).strip())
    return tidy.filter(lambda text: min_size <= len(text) <= max_size)


def names() -> SearchStrategy[str]:
    """First and last names."""
    return _lines()


def emails() -> SearchStrategy[str]:
    """E-mail addresses that are accepted."""
    return st.from_regex(r"[a-z0-9][a-z0-9_.+-]{0,30}@([a-z0-9]{1,12}\.){1,3}[a-z]{2,8}", fullmatch=True)


def phones() -> SearchStrategy[str]:
    """Phone numbers that are accepted."""
    return st.from_regex(r"\+?[0-9][0-9 ()./-]{0,29}[0-9]", fullmatch=True)


def languages() -> SearchStrategy[str]:
    """Tags of languages that are accepted."""
    return st.sampled_from(["en", "de", "es-MX", "zh-Hant-TW", "haw"])


def postal_codes() -> SearchStrategy[str]:
    """Postal codes that are accepted."""
    return st.from_regex(r"[0-9A-Z][0-9A-Za-z -]{0,13}[0-9A-Z]", fullmatch=True)


def personal_information() -> SearchStrategy[PersonalInformation]:
    """Who somebody is."""
    return st.builds(
        PersonalInformation,
        first_name=names(),
        last_name=names(),
        date_of_birth=st.dates(date(1880, 1, 1), EARLIEST.date()),
        email=emails(),
        phone=st.none() | phones(),
        postal_code=st.none() | postal_codes(),
        language=st.none() | languages(),
    )


def usernames() -> SearchStrategy[str]:
    """Usernames that are accepted, as they may be typed: any case, width and composition."""
    letters = st.one_of(st.sampled_from(string.ascii_letters + string.digits + "._-@"), st.characters(categories=["L"]))
    return st.text(letters, min_size=1, max_size=32).filter(_is_username)


def _is_username(text: str) -> bool:
    try:
        username_rules.normalised(text)
    except BadInputError:
        return False
    return True


def normal_usernames() -> SearchStrategy[str]:
    """Usernames in the form under which they are kept."""
    return usernames().map(username_rules.normalised)


def spellings(username: str) -> SearchStrategy[str]:
    """Ways of typing one username: other case, width and composition."""
    name = username_rules.normalised(username)
    wide = {code: code + 0xFEE0 for code in range(ord("!"), ord("~") + 1)}
    forms = {name, name.upper(), name.title(), name.translate(wide), unicodedata.normalize("NFD", name)}
    return st.sampled_from(sorted(form for form in forms if _leads_to(form, name)))


def _leads_to(form: str, name: str) -> bool:
    return _is_username(form) and username_rules.normalised(form) == name


@st.composite
def passwords(
    draw: DrawFn,
    policy: PasswordPolicy | None = None,
    *,
    username: str = "",
    personal: PersonalInformation | None = None,
) -> str:
    """Passwords that satisfy a policy: letters, digits and specials in any order.

    Args:
        draw: given by Hypothesis.
        policy: what the practice asks for; ``None``: the defaults.
        username: the patient's, on which it won't be built.
        personal: the patient's, on whom it won't be built.
    """
    wanted = policy or PasswordPolicy()
    letters = "".join(draw(st.lists(st.sampled_from(_LETTERS), min_size=6, max_size=20, unique=True)))
    at = draw(st.integers(0, len(letters)))
    needed = draw(st.sampled_from(_DIGITS)) + draw(st.sampled_from(_SPECIALS))
    others = draw(st.text(_LETTERS + _DIGITS + _SPECIALS, max_size=40))
    found = letters[:at] + needed + letters[at:] + others
    found += (_LETTERS * (1 + wanted.min_length // len(_LETTERS)))[: max(0, wanted.min_length - len(found))]
    return draw(st.just(found).filter(lambda text: not is_common(text) and not _is_about(text, username, personal)))


def _is_about(password: str, username: str, personal: PersonalInformation | None) -> bool:
    return personal is not None and is_built_on(password, username=username, personal=personal)


@frozen(kw_only=True)
class WeakPassword:
    """A password that is refused, and a problem that is among those that come back."""

    text: str
    problem: PasswordProblem


@st.composite
def weak_passwords(
    draw: DrawFn, policy: PasswordPolicy | None = None, *, personal: PersonalInformation | None = None
) -> WeakPassword:
    """Passwords that a policy refuses, each with the problem that was put into it.

    Args:
        draw: given by Hypothesis.
        policy: what the practice asks for; ``None``: the defaults.
        personal: the patient's; with it, some hold their e-mail address.
    """
    wanted = policy or PasswordPolicy()
    good = draw(passwords(wanted))
    too_short = good[: draw(st.integers(1, wanted.min_length - 1))]
    too_long = (good * (1 + wanted.max_length // len(good)))[: wanted.max_length + draw(st.integers(1, 9))]
    flaws: list[tuple[PasswordProblemCode, int | None, str]]
    flaws = [(PasswordProblemCode.TOO_SHORT, wanted.min_length, too_short)]
    if len(too_long.encode()) <= password_rules.PASSWORD_BYTES_MAX:
        flaws.append((PasswordProblemCode.TOO_LONG, wanted.max_length, too_long))
    if wanted.composition:
        flaws.append((PasswordProblemCode.NO_LETTER, 1, _replaced(good, _LETTERS, "7")))
        flaws.append((PasswordProblemCode.NO_DIGIT, 1, _replaced(good, _DIGITS, "k")))
        flaws.append((PasswordProblemCode.NO_SPECIAL, 1, _replaced(good, _SPECIALS, "v")))
    if wanted.refuse_common:
        common = draw(st.sampled_from(("Password", "letmein", "qwertyuiop", "Sunshine")))
        flaws.append((PasswordProblemCode.COMMON, None, common + "!1" * (wanted.min_length // 2)))
    if wanted.refuse_personal and personal is not None and _is_about(good + personal.email, "", personal):
        flaws.append((PasswordProblemCode.PERSONAL, None, good + personal.email))
    code, limit, text = draw(st.sampled_from(flaws))
    return WeakPassword(text=text, problem=PasswordProblem(code, limit))


def _replaced(text: str, characters: str, by: str) -> str:
    return text.translate({ord(character): by for character in characters})


def security_answers() -> SearchStrategy[dict[SecurityQuestion, str]]:
    """Answers that ``activate`` accepts: two or more; none has a digit, so that none is a password."""
    words = st.text(string.ascii_letters + "äéñжλ中", min_size=1, max_size=12)
    answers = st.builds("{} {}".format, words, words)
    return st.dictionaries(st.sampled_from(SecurityQuestion), answers, min_size=2)


def device_names() -> SearchStrategy[str]:
    """What a host calls a device, the empty name included."""
    return _lines(min_size=0).map(session_rules.device_name)


def staff_members() -> SearchStrategy[StaffMember]:
    """Somebody of the practice, with one role or more."""
    return st.builds(StaffMember, id=staff_ids(), name=names(), roles=st.frozensets(st.sampled_from(Role), min_size=1))


# Policies


def lockout_policies() -> SearchStrategy[LockoutPolicy]:
    """Limits of wrong passwords, mostly low ones."""
    return st.builds(
        LockoutPolicy,
        attempts=st.integers(1, 6) | st.integers(1, 100),
        unlock_after=st.none() | _durations(timedelta(days=1)),
    )


def password_policies() -> SearchStrategy[PasswordPolicy]:
    """Demands on passwords."""
    return st.builds(
        PasswordPolicy,
        min_length=st.integers(8, 64),
        max_length=st.integers(64, 1024),
        composition=st.booleans(),
        refuse_common=st.booleans(),
        refuse_personal=st.booleans(),
    )


@st.composite
def session_policies(draw: DrawFn) -> SessionPolicy:
    """Limits of sessions; now and then, both are the same."""
    idle = draw(_durations(timedelta(hours=2)))
    return SessionPolicy(idle=idle, absolute=idle + draw(st.timedeltas(timedelta(0), timedelta(hours=24))))


def invitation_policies() -> SearchStrategy[InvitationPolicy]:
    """Limits of invitations."""
    return st.builds(InvitationPolicy, valid_for=_durations(timedelta(days=60)))


def recovery_policies() -> SearchStrategy[RecoveryPolicy]:
    """Limits of the way back in."""
    return st.builds(
        RecoveryPolicy,
        attempts=st.integers(1, 6) | st.integers(1, 100),
        reopen_after=_durations(timedelta(days=7)),
        answer_within=_durations(timedelta(hours=1)),
        link_valid_for=_durations(timedelta(hours=24)),
        mails_an_hour=st.integers(1, 6),
        match_first_name=st.booleans(),
        match_email=st.booleans(),
    )


def email_change_policies() -> SearchStrategy[EmailChangePolicy]:
    """Limits of changes of an address."""
    return st.builds(EmailChangePolicy, valid_for=_durations(timedelta(hours=24)))


def notice_policies() -> SearchStrategy[NoticePolicy]:
    """Which notices are told."""
    return st.builds(NoticePolicy, new_log_in=st.booleans())


def policies() -> SearchStrategy[Policy]:
    """Whole policies."""
    return st.builds(
        Policy,
        zone=st.sampled_from(ZONES),
        lockout=lockout_policies(),
        passwords=password_policies(),
        sessions=session_policies(),
        invitations=invitation_policies(),
        recovery=recovery_policies(),
        email_changes=email_change_policies(),
        notices=notice_policies(),
    )


def _durations(longest: timedelta) -> SearchStrategy[timedelta]:
    return st.timedeltas(timedelta(microseconds=1), longest)


# States


@st.composite
def log_in_guards(draw: DrawFn, *, attempts: int = 4) -> LogInGuard:
    """What was counted for a name: nothing any more, some, all but one, or so much that it is locked.

    Args:
        draw: given by Hypothesis.
        attempts: the wrong attempt that locks.
    """
    at = draw(moments())
    failed = draw(st.sampled_from(sorted({0, attempts - 1, attempts})) | st.integers(0, attempts))
    locked_at = at if failed == attempts else None
    return LogInGuard(name_hash=draw(secret_hashes()), failed_attempts=failed, last_failed_at=at, locked_at=locked_at)


def taken_usernames() -> SearchStrategy[Username]:
    """Names that are somebody's."""
    return st.builds(Username, name=normal_usernames(), patient_id=patient_ids())


@st.composite
def patients(draw: DrawFn, *, skewed: bool = False) -> Patient:
    """Patients, active and deactivated.

    Args:
        draw: given by Hypothesis.
        skewed: whether the clock was set back in between.
    """
    registered, deactivated = draw(rising(2, skewed=skewed))
    ended = draw(st.sampled_from((None, deactivated)))
    return Patient(id=draw(patient_ids()), registered_at=registered, deactivated_at=ended)


def personal_records() -> SearchStrategy[PersonalRecord]:
    """What the practice knows of patients."""
    return st.builds(PersonalRecord, patient_id=patient_ids(), personal=personal_information())


@st.composite
def accounts(draw: DrawFn, *, skewed: bool = False) -> Account:
    """Accounts, open and locked, some with a password that was changed.

    Args:
        draw: given by Hypothesis.
        skewed: whether the clock was set back in between.
    """
    activated, changed, locked = draw(rising(3, skewed=skewed))
    return Account(
        patient_id=draw(patient_ids()),
        username=draw(normal_usernames()),
        password_hash=draw(password_hashes()),
        activated_at=activated,
        password_changed_at=draw(st.sampled_from((activated, changed))),
        locked_at=draw(st.sampled_from((None, locked))),
    )


def hashed_answers() -> SearchStrategy[SecurityAnswers]:
    """Two or more questions with the hashes of their answers, as they are kept for a patient."""
    answers = st.builds(SecurityAnswer, question=st.sampled_from(SecurityQuestion), answer_hash=password_hashes())
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
        first_minted_at=minted if status is LinkStatus.USED else draw(st.sampled_from((None, minted))),
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
        former=draw(emails()),
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


@st.composite
def recovery_challenges(draw: DrawFn) -> RecoveryChallenge:
    """Questions that somebody was asked, somebody known or not."""
    flow = draw(st.sampled_from(Flow))
    number = 1 if flow is Flow.PASSWORD else 2
    asked = st.lists(st.sampled_from(SecurityQuestion), min_size=number, max_size=number, unique=True)
    return RecoveryChallenge(
        secret_hash=draw(secret_hashes()),
        patient_id=draw(st.just(NOBODY) | patient_ids()),
        subject_hash=draw(secret_hashes()),
        flow=flow,
        questions=tuple(draw(asked)),
        started_at=draw(moments()),
        status=draw(st.sampled_from(ChallengeStatus)),
    )


@st.composite
def support_requests(draw: DrawFn, *, skewed: bool = False) -> SupportRequest:
    """Requests to support, of patients and of strangers, open and resolved.

    Args:
        draw: given by Hypothesis.
        skewed: whether the clock was set back in between.
    """
    asked, resolved = draw(rising(2, skewed=skewed))
    patient_id = draw(st.just(NOBODY) | patient_ids())
    is_resolved = draw(st.booleans())
    return SupportRequest(
        patient_id=patient_id,
        id=draw(support_request_ids()),
        contact=draw(emails()) if patient_id == NOBODY else "",
        message=draw(_lines(max_size=80)),
        asked_at=asked,
        resolved_at=resolved if is_resolved else None,
        resolved_by=draw(staff_ids()) if is_resolved else None,
    )


_OF_EMAIL_CHANGE = {NoticeKind.CONFIRM_EMAIL, NoticeKind.EMAIL_CHANGE_REQUESTED, NoticeKind.EMAIL_CHANGED}


@st.composite
def deliveries(draw: DrawFn, *, skewed: bool = False) -> Delivery:
    """Notices on their way: fresh, in a worker's hands, postponed, sent, given up, or pointless.

    Args:
        draw: given by Hypothesis.
        skewed: whether the clock was set back in between.
    """
    created, due = draw(rising(2, skewed=skewed))
    kind = draw(st.sampled_from(NoticeKind))
    change_id = draw(email_change_ids())
    fresh = Delivery(
        id=draw(delivery_ids()),
        patient_id=draw(patient_ids()),
        kind=kind,
        link_id=LinkId(change_id) if kind in WITH_LINK else None,
        email_change_id=change_id if kind in _OF_EMAIL_CHANGE else None,
        created_at=created,
        next_try_at=created,
    )
    tried = evolve(fresh, tries=draw(st.integers(1, TRIES_MAX)), next_try_at=due)
    last = evolve(tried, tries=TRIES_MAX)
    forms = (
        fresh,
        evolve(tried, next_try_at=due + LEASE, lease=draw(secrets())),
        evolve(tried, tries=draw(st.integers(1, TRIES_MAX - 1))),
        evolve(tried, status=DeliveryStatus.SENT),
        evolve(draw(st.sampled_from((tried, last))), status=DeliveryStatus.DEAD),
        evolve(draw(st.sampled_from((fresh, tried))), status=DeliveryStatus.POINTLESS),
    )
    return draw(st.sampled_from(forms))


# Events and their envelopes


_COUNTS = st.integers(0, 3)
_ATTEMPTS = st.integers(1, 4) | st.integers(1, 100)
_EVENTS: Mapping[type[Event], SearchStrategy[Any]] = MappingProxyType(
    {
        AccountActivated: st.builds(AccountActivated, link_id=link_ids()),
        LockedOut: st.builds(LockedOut, attempt=_ATTEMPTS, account_locked=st.booleans()),
        LogInFailed: st.builds(LogInFailed, attempt=_ATTEMPTS),
        LoggedIn: st.builds(LoggedIn),
        LoggedOff: st.builds(LoggedOff),
        LoggedOffEverywhere: st.builds(LoggedOffEverywhere, sessions_ended=st.integers(1, 5)),
        EmailChangeRequested: st.builds(
            EmailChangeRequested, change_id=email_change_ids(), links_ended=st.integers(0, 1)
        ),
        EmailChanged: st.builds(EmailChanged, change_id=email_change_ids(), links_ended=_COUNTS),
        PasswordChanged: st.builds(PasswordChanged, sessions_ended=_COUNTS, links_ended=_COUNTS),
        PasswordReset: st.builds(PasswordReset, sessions_ended=_COUNTS, links_ended=_COUNTS, unlocked=st.booleans()),
        PasswordResetSent: st.builds(PasswordResetSent, link_id=link_ids(), links_ended=st.integers(0, 1)),
        AnswerWrong: st.builds(AnswerWrong, attempt=_ATTEMPTS),
        RecoveryClosed: st.builds(RecoveryClosed, attempt=_ATTEMPTS),
        RecoveryAnswered: st.builds(
            RecoveryAnswered,
            flow=st.sampled_from(Flow),
            link_id=st.none() | link_ids(),
            links_ended=st.integers(0, 1),
        ),
        SecurityAnswersChanged: st.builds(SecurityAnswersChanged),
        SupportAsked: st.builds(SupportAsked, request_id=support_request_ids()),
        SupportResolved: st.builds(SupportResolved, request_id=support_request_ids()),
        PatientDeactivated: st.builds(PatientDeactivated, sessions_ended=_COUNTS, links_ended=st.integers(0, 1)),
        PatientInvited: st.builds(PatientInvited, link_id=link_ids(), links_ended=st.integers(0, 1)),
        PatientReactivated: st.builds(PatientReactivated),
        PatientRegistered: st.builds(PatientRegistered, link_id=link_ids()),
        Unlocked: st.builds(Unlocked),
    }
)
_VERBS: Mapping[type[Event], str] = MappingProxyType(
    {
        PatientDeactivated: "patients.deactivate",
        PatientInvited: "patients.invite",
        PatientReactivated: "patients.reactivate",
        PatientRegistered: "patients.register",
        PasswordResetSent: "support.send_password_reset",
        SupportResolved: "support.resolve",
        Unlocked: "support.unlock",
    }
)


def event(of: type[E]) -> SearchStrategy[E]:
    """One sort of event."""
    found: SearchStrategy[E] = _EVENTS[of]
    return found


def events() -> SearchStrategy[Event]:
    """Any event."""
    return st.one_of(*_EVENTS.values())


@st.composite
def actors(draw: DrawFn) -> Actor:
    """Whoever can have done something: patients and staff with their id, staff with their role."""
    kind = draw(st.sampled_from(list(ActorKind)))
    match kind:
        case ActorKind.PATIENT:
            return Actor(kind=kind, id=draw(patient_ids()))
        case ActorKind.STAFF:
            return Actor(kind=kind, id=draw(staff_ids()), role=draw(st.sampled_from(Role)))
        case ActorKind.SYSTEM | ActorKind.ANONYMOUS:
            return Actor(kind=kind)


@st.composite
def recorded(draw: DrawFn) -> Recorded:
    """Events in their envelopes, by whom they can have been done and in a session where there was one."""
    happened = draw(events())
    patient_id = draw(patient_ids())
    session_id = None
    match happened:
        case AnswerWrong() | RecoveryClosed() | RecoveryAnswered():
            patient_id = draw(st.sampled_from((NOBODY, patient_id)))
            by = domain_events.ANONYMOUS
        case LogInFailed() | LockedOut(account_locked=False):
            patient_id = draw(st.sampled_from((NOBODY, patient_id)))
            by = domain_events.ANONYMOUS
        case LockedOut():
            by = domain_events.ANONYMOUS
        case _ if type(happened) in _VERBS:
            role = draw(st.sampled_from(sorted(PERMITTED[_VERBS[type(happened)]])))
            by = Actor(kind=ActorKind.STAFF, id=draw(staff_ids()), role=role)
        case _:
            by = Actor(kind=ActorKind.PATIENT, id=patient_id)
            outside_a_session = isinstance(happened, AccountActivated | EmailChanged | PasswordReset)
            session_id = None if outside_a_session else draw(session_ids())
    return Recorded(
        id=draw(event_ids()), at=draw(moments()), patient_id=patient_id, by=by, session_id=session_id, event=happened
    )


BY_TYPE: Mapping[Any, Callable[[], SearchStrategy[Any]]] = MappingProxyType(
    {
        Account: accounts,
        Actor: actors,
        Delivery: deliveries,
        DeliveryId: delivery_ids,
        EmailChange: email_changes,
        EmailChangeId: email_change_ids,
        EmailChangePolicy: email_change_policies,
        Event: events,
        EventId: event_ids,
        InvitationPolicy: invitation_policies,
        Link: links,
        LinkId: link_ids,
        LinkSecret: link_secrets,
        LockoutPolicy: lockout_policies,
        LogInGuard: log_in_guards,
        NoticePolicy: notice_policies,
        PasswordPolicy: password_policies,
        Patient: patients,
        PatientId: patient_ids,
        PersonalInformation: personal_information,
        PersonalRecord: personal_records,
        Policy: policies,
        Recorded: recorded,
        RecoveryChallenge: recovery_challenges,
        RecoveryGuard: recovery_guards,
        RecoveryPolicy: recovery_policies,
        SecurityAnswers: hashed_answers,
        Session: sessions,
        SessionId: session_ids,
        SessionPolicy: session_policies,
        StaffId: staff_ids,
        StaffMember: staff_members,
        SupportRequest: support_requests,
        SupportRequestId: support_request_ids,
        Token: tokens,
        Username: taken_usernames,
        **{of: partial(event, of) for of in _EVENTS},
    }
)
"""What ``st.from_type`` answers with, by the type asked for."""
