"""Finding one thing of a patient's by an id or a key from outside; a stranger's is answered like none at all."""

from collections.abc import Sequence
from typing import TypeVar

from patientportal.application.environment import Environment
from patientportal.domain.errors import NotFoundError
from patientportal.domain.ids import PatientId
from patientportal.domain.values.tokens import ID
from patientportal.ports.catalogue import KINDS
from patientportal.ports.store import Is, Key, Query, Where

S = TypeVar("S")


def usable_id(id_: object, *, field: str, what: str) -> str:
    """An id that a thing may have.

    Raises:
        TypeError: it isn't a ``str``.
        NotFoundError: no id looks like this.
    """
    if not isinstance(id_, str):
        raise TypeError(f"{field} must be str, not {type(id_).__name__}")
    if not ID.fullmatch(id_):
        raise NotFoundError(what=what)
    return id_


def own_key(state: type[S], patient_id: PatientId, id_: object, *, field: str, what: str) -> Key[S]:
    """The key of one thing of this patient's; a stranger's id leads to nothing."""
    return Key(state, (patient_id, usable_id(id_, field=field, what=what)))


def by_id(env: Environment, state: type[S], id_: object, *, field: str, what: str) -> S:
    """What has this id, whoever's it is, unlocked: for staff, who then lock its patient and look again.

    Raises:
        TypeError: it isn't a ``str``.
        NotFoundError: nothing has.
    """
    where = (Where("id", Is.EQ, usable_id(id_, field=field, what=what)),)
    found: Sequence[S]
    (found,) = env.store.find_all(Query(state=state, where=where, order=KINDS[state].key, limit=1))
    for one in found:
        return one
    raise NotFoundError(what=what)


def under_key(
    state: type[S], patient_id: PatientId, key: str | None, *, field: str = "idempotency_key", limit: int | None = 1
) -> tuple[Query[S], ...]:
    """What a patient has under a key: nothing to ask for, where there is no key.

    Args:
        state: of which kind it is.
        patient_id: whose.
        key: in a form that can be used, or ``None``.
        field: where a state keeps it.
        limit: how many may have it.
    """
    if key is None:
        return ()
    where = (Where("patient_id", Is.EQ, patient_id), Where(field, Is.EQ, key))
    return (Query(state=state, where=where, limit=limit),)
