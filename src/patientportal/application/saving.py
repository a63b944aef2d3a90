"""Load, decide, save: the one way in which a use case runs a transaction."""

import random
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from attrs import frozen

from patientportal.application.environment import Environment
from patientportal.domain.errors import ConflictError
from patientportal.domain.events import Actor, ActorKind, Event, Recorded
from patientportal.domain.ids import NOBODY, DeliveryId, EventId, PatientId, SessionId
from patientportal.domain.notices.notices import Delivery
from patientportal.domain.outcomes import plan
from patientportal.ports.catalogue import KINDS, notices
from patientportal.ports.store import Query, Transaction, key_of

T = TypeVar("T")
S = TypeVar("S")

TRIES_MAX = 16
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.002, 0.1
_plan = cache(plan)
_TURNS = {state: turn for turn, state in enumerate(KINDS)}


@frozen(kw_only=True)
class Act:
    """Who does something to whom, for the envelope of its event."""

    patient_id: PatientId
    by: Actor
    session_id: SessionId | None = None


def by_patient(patient_id: PatientId, session_id: SessionId | None = None) -> Act:
    """The patient in person; in a session, or by what was mailed to them."""
    return Act(patient_id=patient_id, by=Actor(kind=ActorKind.PATIENT, id=patient_id), session_id=session_id)


def in_transaction(env: Environment, body: Callable[[Transaction], T]) -> T:
    """Runs a body in a transaction, again after a short random pause while somebody else saves first.

    Raises:
        ConflictError: that happened 16 times in a row. Nothing was saved.
    """
    for attempt in range(TRIES_MAX):
        try:
            return env.store.run(body)
        except ConflictError:
            if attempt == TRIES_MAX - 1:
                raise
        pause = min(FIRST_PAUSE_S * 2**attempt, LONGEST_PAUSE_S)
        time.sleep(random.uniform(pause / 2, pause))  # noqa: S311 - only a pause
    raise AssertionError("unreachable")


def save(tx: Transaction, outcome: Any, *, env: Environment, act: Act, now: datetime) -> None:  # noqa: ANN401 - any rule's
    """Saves what a rule decided: its states as the outcome says, its event, and who is to be told."""
    for how, one in _planned(outcome):
        match how:
            case "add":
                tx.add(one)
            case "put":
                tx.put(one)
            case "remove":
                tx.remove(key_of(one))
            case _:
                _record(tx, one, env=env, act=act, now=now)


def _planned(outcome: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - any rule's
    for name, how in _plan(type(outcome)):  # type: ignore[arg-type] # a class is hashable, whatever its instances are
        value: Any = getattr(outcome, name)
        for one in value if isinstance(value, tuple) else () if value is None else (value,):
            yield how, one


def hold(tx: Transaction, outcome: T) -> T:
    """Locks what an outcome changes that was read in lists alone, with what guards them in hand; gives it back."""
    keys = [key_of(one) for how, one in _planned(outcome) if how in {"put", "remove"}]
    tx.get_all(*sorted(keys, key=lambda key: (_TURNS[key.state], key.parts)))
    return outcome


def _record(tx: Transaction, event: Event, *, env: Environment, act: Act, now: datetime) -> None:
    tx.record(
        Recorded(
            id=EventId(env.new_id()),
            at=now,
            patient_id=act.patient_id,
            by=act.by,
            session_id=act.session_id,
            event=event,
        )
    )
    if act.patient_id == NOBODY:
        return
    for notice in notices(event, env.policy):
        tx.add(
            Delivery(
                id=DeliveryId(env.new_id()),
                patient_id=act.patient_id,
                kind=notice.kind,
                link_id=notice.link_id,
                email_change_id=notice.email_change_id,
                about_id=notice.about_id,
                created_at=now,
                next_try_at=now,
            )
        )


def select_locked(tx: Transaction, query: Query[S]) -> list[S]:
    """The states that a query asks for, each of them got; call it with what guards the list in hand."""
    (found,) = select_all_locked(tx, query)
    return found


def select_all_locked(tx: Transaction, *queries: Query[Any]) -> list[list[Any]]:
    """The same of several queries, each of a kind of its own, in two trips for all of them."""
    keys = sorted(
        (key_of(state) for found in tx.get_all(*queries) for state in found),
        key=lambda key: (_TURNS[key.state], key.parts),
    )
    locked = [state for state in tx.get_all(*keys) if state is not None]
    return [[state for state in locked if type(state) is query.state] for query in queries]
