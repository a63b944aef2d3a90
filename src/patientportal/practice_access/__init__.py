"""The practice's side: what a role permits, by the table in ``domain/staff.py``."""

from patientportal.application.environment import Environment
from patientportal.domain import staff
from patientportal.domain.staff import StaffMember
from patientportal.practice_access.appointments import AppointmentsDesk
from patientportal.practice_access.audit import AuditDesk
from patientportal.practice_access.directory import PlacesDesk, ProvidersDesk, VisitTypesDesk
from patientportal.practice_access.medications import MedicationsDesk
from patientportal.practice_access.messages import MessagesDesk
from patientportal.practice_access.patients import PatientsDesk
from patientportal.practice_access.schedule import ScheduleDesk
from patientportal.practice_access.statements import StatementsDesk
from patientportal.practice_access.support import SupportDesk


class PracticeAccess:
    """A member of staff at work. Each call raises ``NotPermittedError`` when no role of theirs permits it.

    Attributes:
        patients: register, find, invite, deactivate and reactivate them.
        providers: say who sees patients.
        places: say where.
        visit_types: say for what.
        schedule: publish slots and withdraw free ones.
        appointments: see who comes, schedule what patients ask for, cancel, and record who came.
        medications: record them, and decide their renewals.
        statements: upload them and send them again; see and refund payments.
        messages: write to them.
        support: help those who can't log in.
        audit: what happened, who looked, and what needs attention.
    """

    patients: PatientsDesk
    providers: ProvidersDesk
    places: PlacesDesk
    visit_types: VisitTypesDesk
    schedule: ScheduleDesk
    appointments: AppointmentsDesk
    medications: MedicationsDesk
    statements: StatementsDesk
    messages: MessagesDesk
    support: SupportDesk
    audit: AuditDesk

    def __init__(self, env: Environment, member: StaffMember) -> None:
        self._env = env
        self._member = member
        self.patients = PatientsDesk(env, member)
        self.providers = ProvidersDesk(env, member)
        self.places = PlacesDesk(env, member)
        self.visit_types = VisitTypesDesk(env, member)
        self.schedule = ScheduleDesk(env, member)
        self.appointments = AppointmentsDesk(env, member)
        self.medications = MedicationsDesk(env, member)
        self.statements = StatementsDesk(env, member)
        self.messages = MessagesDesk(env, member)
        self.support = SupportDesk(env, member)
        self.audit = AuditDesk(env, member)

    def may(self, verb: str) -> bool:
        """Whether a role of theirs permits a verb, such as ``statements.refund``: for a page that shows what works.

        Raises:
            BadInputError: no verb is called so (``docs/roles.md`` has all of them).
        """
        return staff.may(self._member, verb)

    def __repr__(self) -> str:
        return f"PracticeAccess({self._member.id})"
