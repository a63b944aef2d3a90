"""The practice's side of who sees patients, where and for what."""

from patientportal.application.appointments import directory
from patientportal.application.environment import Environment
from patientportal.domain.appointments.directory import Place, Provider, VisitType
from patientportal.domain.staff import StaffMember


class ProvidersDesk:
    """Those who see patients, by the names that patients know."""

    def __init__(self, env: Environment, member: StaffMember) -> None:
        self._env = env
        self._member = member

    def put(self, provider: Provider) -> None:
        """Says who somebody is, in the place of what was said before; every list shows it from now on.

        A provider whom nobody put is shown by their id.

        Args:
            provider: inactive: nothing is published for them or left to them any more; what stands, stands
                (``desk.medications.reassign``).

        Raises:
            NotPermittedError: it takes the front desk.
        """
        directory.put_by_staff(self._env, self._member, "providers.put", provider, Provider)

    def all(self) -> tuple[Provider, ...]:
        """Everybody who was put, in the order of their names, inactive ones too.

        Raises:
            NotPermittedError: it takes the front desk or a provider.
        """
        return directory.entries(self._env, self._member, "providers.all", Provider)


class PlacesDesk:
    """The places where patients are seen."""

    def __init__(self, env: Environment, member: StaffMember) -> None:
        self._env = env
        self._member = member

    def put(self, place: Place) -> None:
        """Says what a place is, in the place of what was said before; every list and mail shows it from now on.

        Slots and visits that stand keep their instants, and are shown by the clocks by which they were made.

        Args:
            place: inactive: nothing is published there any more; what stands, stands.

        Raises:
            NotPermittedError: it takes the front desk or a provider.
        """
        directory.put_by_staff(self._env, self._member, "places.put", place, Place)

    def all(self) -> tuple[Place, ...]:
        """Every place that was put, in the order of their names, inactive ones too.

        Raises:
            NotPermittedError: it takes the front desk or a provider.
        """
        return directory.entries(self._env, self._member, "places.all", Place)


class VisitTypesDesk:
    """The kinds of visits that can be booked."""

    def __init__(self, env: Environment, member: StaffMember) -> None:
        self._env = env
        self._member = member

    def put(self, visit_type: VisitType) -> None:
        """Says what a kind of visit is, in the place of what was said before; visits that stand, stand.

        Args:
            visit_type: inactive: it can't be booked any more.

        Raises:
            NotPermittedError: it takes the front desk.
        """
        directory.put_by_staff(self._env, self._member, "visit_types.put", visit_type, VisitType)

    def all(self) -> tuple[VisitType, ...]:
        """Every kind that was put, in the order of their names, inactive ones too.

        Raises:
            NotPermittedError: it takes the front desk or a provider.
        """
        return directory.entries(self._env, self._member, "visit_types.all", VisitType)
