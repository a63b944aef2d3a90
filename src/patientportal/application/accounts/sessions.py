"""Sessions: resume one, see where one is logged in, log off."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Self, TypeVar

from attrs import define, evolve, field, frozen

from patientportal.application.environment import Environment
from patientportal.application.finding import own_key
from patientportal.application.pages import Page, as_views, page
from patientportal.application.saving import Act, by_patient, in_transaction, save, select_locked
from patientportal.domain.accounts import sessions
from patientportal.domain.accounts.sessions import Session, SessionEndedError
from patientportal.domain.errors import NotFoundError
from patientportal.domain.ids import PatientId, SessionId
from patientportal.domain.outcomes import Unchanged
from patientportal.domain.patients.patients import Patient
from patientportal.domain.policy import Policy
from patientportal.domain.values import tokens
from patientportal.domain.values.types import of_type
from patientportal.ports.store import Is, Key, Query, Snapshot, Transaction, Where

T = TypeVar("T")


@frozen(kw_only=True)
class SignedIn:
    """Who is in, by which session, and for how long: what every call of a patient's handle carries."""

    patient_id: PatientId
    session_id: SessionId
    idle_until: datetime
    ends_at: datetime

    @classmethod
    def by(cls, session: Session, *, policy: Policy) -> Self:
        """Whose session it is, with its ends as it stands."""
        return cls(
            patient_id=session.patient_id,
            session_id=session.id,
            idle_until=sessions.idle_until(session, policy=policy),
            ends_at=sessions.ends_at(session, policy=policy),
        )

    @property
    def act(self) -> Act:
        """The patient in person, in this session."""
        return by_patient(self.patient_id, self.session_id)


@define(eq=False)
class SessionToken:
    """The token of a session, as a handle and what it reaches hold it: where objects are printed, it shows nothing.

    Attributes:
        text: what ``Portal.resume`` takes; another one once the password was changed.
    """

    text: str = field(repr=False)


@frozen(kw_only=True)
class Device:
    """A place where a patient is logged in.

    Attributes:
        session_id: the session's.
        name: what the host called it.
        started_at: when they logged in there.
        last_seen_at: when it was last used, to the minute.
        is_this: whether it is the one that asks.
    """

    session_id: SessionId
    name: str = field(repr=False)
    started_at: datetime
    last_seen_at: datetime
    is_this: bool


def open_sessions(patient_id: PatientId) -> Query[Session]:
    """A patient's sessions that nobody ended."""
    return Query(
        state=Session,
        where=(Where("patient_id", Is.EQ, patient_id), Where("ended_at", Is.NONE)),
        order=("started_at", "id"),
    )


def session_key(who: SignedIn) -> Key[Session]:
    """The key of the session by which somebody is in."""
    return Key(Session, (who.patient_id, who.session_id))


@frozen
class WhileIn:
    """What answers somebody who is in: each time it is asked, their session is looked at in the same trip.

    Attributes:
        where: the store, for whoever asks once; or a view.
        who: is in.
        env: everything that the portal was given.
    """

    where: Snapshot
    who: SignedIn
    env: Environment

    def find_all(self, *asked: Key[Any] | Query[Any]) -> tuple[Any, ...]:
        """See ``Snapshot.find_all``.

        Raises:
            SessionEndedError: their session isn't live any more, or the patient is inactive.
        """
        patient_key = Key(Patient, (self.who.patient_id,))
        session, patient, *found = self.where.find_all(session_key(self.who), patient_key, *asked)
        live(session, patient, now=self.env.now(), env=self.env)
        return tuple(found)


def live(session: Session | None, patient: Patient | None, *, now: datetime, env: Environment) -> Session:
    """This session, if it lets this patient in.

    Raises:
        SessionEndedError: it doesn't.
    """
    if (
        session is None
        or patient is None
        or not patient.is_active
        or not sessions.is_live(session, now=now, policy=env.policy)
    ):
        raise SessionEndedError
    return session


def resume(env: Environment, session_token: str, *, extend: bool) -> SignedIn:
    """The same session, in the next request, which extends it or only looks."""
    of_type(extend, bool, field="extend")
    token = tokens.parsed(session_token, field="session_token")
    if token is None:
        raise SessionEndedError
    keys = Key(Patient, (token.patient_id,)), Key(Session, (token.patient_id, SessionId(token.id)))
    patient, found = env.store.find_all(*keys)
    now = env.now()
    session = live(found, patient, now=now, env=env)
    if not token.fits(session.secret_hash):
        raise SessionEndedError
    if extend and not isinstance(sessions.see(session, now=now, policy=env.policy), Unchanged):
        session = in_transaction(env, lambda tx: _seen(tx, *keys, env=env))
    return SignedIn.by(session, policy=env.policy)


def _seen(tx: Transaction, of: Key[Patient], key: Key[Session], *, env: Environment) -> Session:
    """The session as it stands once this request has extended it, or another one has meanwhile."""
    patient, found = tx.get_all(of, key)
    now = env.now()
    session = live(found, patient, now=now, env=env)
    outcome = sessions.see(session, now=now, policy=env.policy)
    save(tx, outcome, env=env, act=by_patient(session.patient_id, session.id), now=now)
    return session if isinstance(outcome, Unchanged) else outcome.session


def in_session(
    env: Environment,
    who: SignedIn,
    decide: Callable[..., T],
    *asked: Key[Any] | Query[Any],
    also: Callable[..., Sequence[Key[Any]]] | None = None,
) -> T:
    """What a patient does: decided with their row, their session and these states locked, while they are in.

    Args:
        env: everything that the portal was given.
        who: is in.
        decide: given the transaction, the moment and what stands under ``asked``, gives the rule's outcome.
        asked: keys in the order of the locks, after ``Session``, and queries of what they guard.
        also: given the transaction and what was found, the keys of what only they lead to, which come next.

    Returns:
        The outcome, saved.

    Raises:
        SessionEndedError: this session is over.
    """

    def body(tx: Transaction) -> T:
        patient, session, *found = tx.get_all(Key(Patient, (who.patient_id,)), session_key(who), *asked)
        if also is not None and (more := also(tx, *found)):
            found.extend(tx.get_all(*more))
        now = env.now()
        live(session, patient, now=now, env=env)
        outcome = decide(tx, now, *found)
        save(tx, outcome, env=env, act=who.act, now=now)
        return outcome

    return in_transaction(env, body)


def devices(env: Environment, who: SignedIn, *, limit: int, cursor: str | None) -> Page[Device]:
    """Where the patient is logged in now, the earliest first."""
    now, limits = env.now(), env.policy.sessions
    query = open_sessions(who.patient_id)
    live_now = (Where("started_at", Is.GT, now - limits.absolute), Where("last_seen_at", Is.GT, now - limits.idle))
    found = page(
        WhileIn(env.store, who, env),
        evolve(query, where=query.where + live_now),
        limit=limit,
        cursor=cursor,
        place=lambda session: (session.started_at, session.id),
    )
    return as_views(
        found,
        lambda session: Device(
            session_id=session.id,
            name=session.device,
            started_at=session.started_at,
            last_seen_at=session.last_seen_at,
            is_this=session.id == who.session_id,
        ),
    )


def log_off(env: Environment, who: SignedIn) -> None:
    """Ends this session for good; a second time changes nothing."""

    def body(tx: Transaction) -> None:
        _, session = tx.get_all(Key(Patient, (who.patient_id,)), session_key(who))
        now = env.now()
        save(tx, sessions.log_off(session, now=now), env=env, act=who.act, now=now)

    in_transaction(env, body)


def log_off_device(env: Environment, who: SignedIn, session_id: SessionId) -> None:
    """Ends the session of one of the patient's devices, this one's too."""
    key = own_key(Session, who.patient_id, session_id, field="session_id", what="device")

    def body(tx: Transaction) -> None:
        keys = sorted({session_key(who), key}, key=lambda key: key.parts)
        asked: list[Key[Any]] = [Key(Patient, (who.patient_id,)), *keys]
        patient, *of_keys = tx.get_all(*asked)
        found = dict(zip(keys, of_keys, strict=True))
        now = env.now()
        live(found[session_key(who)], patient, now=now, env=env)
        if (session := found[key]) is None:
            raise NotFoundError(what="device")
        save(tx, sessions.log_off_device(session, now=now), env=env, act=who.act, now=now)

    in_transaction(env, body)


def log_off_everywhere(env: Environment, who: SignedIn) -> None:
    """Ends every session of the patient, this one included."""
    WhileIn(env.store, who, env).find_all()

    def body(tx: Transaction) -> None:
        tx.get(Key(Patient, (who.patient_id,)))
        found = select_locked(tx, open_sessions(who.patient_id))
        now = env.now()
        save(
            tx,
            sessions.log_off_everywhere(found, now=now, policy=env.policy),
            env=env,
            act=who.act,
            now=now,
        )

    in_transaction(env, body)
