"""Who providers and patients are, looked up by their ids: what they are called, and whether they are still here."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from attrs import frozen

from patientportal.application.environment import Environment
from patientportal.domain.appointments.directory import Provider
from patientportal.domain.errors import BadInputError
from patientportal.domain.ids import PatientId, StaffId
from patientportal.domain.patients.patients import PersonalRecord
from patientportal.ports.store import Answering, Key


@frozen
class People:
    """The providers and, for staff, the patients of a list, looked up in one trip for all of it."""

    providers: Mapping[StaffId, Provider | None]
    patients: Mapping[PatientId, PersonalRecord | None]

    def provider(self, provider_id: StaffId) -> str:
        """What somebody is called; by their id, where the practice didn't write them down."""
        known = self.providers[provider_id]
        return provider_id if known is None else known.name

    def patient(self, patient_id: PatientId) -> str:
        """What the practice calls a patient."""
        known = self.patients[patient_id]
        return "" if known is None else known.personal.name


def people_of(
    where: Answering, *, providers: Iterable[StaffId | None] = (), patients: Iterable[PatientId] = ()
) -> People:
    """What these are called; nobody's ``None`` is looked up."""
    some = {one for one in providers if one is not None}
    of = looked_up(where, (Provider, some), (PersonalRecord, set(patients)))
    return People(of(Provider), of(PersonalRecord))


def require_active(env: Environment, provider_id: StaffId, *, field: str) -> None:
    """Nothing is left to a provider of whom the practice says that they see nobody any more.

    Raises:
        BadInputError: ``inactive``.
    """
    known: Provider | None
    (known,) = env.store.find_all(Key(Provider, (provider_id,)))
    if known is not None and not known.active:
        raise BadInputError(field=field, problem="inactive")


def looked_up(where: Answering, *wanted: tuple[type[Any], Iterable[str]]) -> Callable[[type[Any]], dict[Any, Any]]:
    """What stands under these ids, in one trip: of a kind, each by its id, and ``None`` where nothing does."""
    keys = [Key(kind, (id_,)) for kind, ids in wanted for id_ in sorted(ids)]
    found = dict(zip(keys, where.find_all(*keys), strict=True)) if keys else {}

    def of(kind: type[Any]) -> dict[Any, Any]:
        return {key.parts[0]: one for key, one in found.items() if key.state is kind}

    return of
