"""What every layer of ``AppointmentsMachine`` stands on: a practice with patients, a worker and a clock."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import ClassVar, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from patientportal.application.pages import Page
from patientportal.application.worker.work import Worked
from patientportal.domain.appointments.appointments import (
    BookingLimitError,
    NotBookedError,
    VisitsOverlapError,
)
from patientportal.domain.appointments.directory import BookableBy, Place, VisitType
from patientportal.domain.appointments.requests import AppointmentRequestEndedError
from patientportal.domain.appointments.schedules import SlotsBookedError, SlotsOverlapError
from patientportal.domain.errors import NotFoundError, PortalError
from patientportal.domain.ids import StaffId, VisitTypeId
from patientportal.domain.told import BY_CHOICE, Channel
from patientportal.domain.values.form_keys import IdempotencyKeyReusedError
from patientportal.ports.catalogue import KINDS
from patientportal.ports.store import Query
from patientportal.testing.appointments.kept import Building, Person, Visit
from patientportal.testing.appointments.model_desk import DeskModel
from patientportal.testing.appointments.shown import local, slot_foretold, slot_shown
from patientportal.testing.machine_base import PredictingMachine, Prediction, agree, indexes, offsets
from patientportal.testing.world import PASSWORD, activated

T = TypeVar("T")
S = TypeVar("S")

RUN_MAX = timedelta(days=60)
"""Nothing of a visit's is forgotten before ninety days."""
PROVIDERS = (StaffId("dr-lovelace"), StaffId("dr-somerville"))
REASONS = ("", "A cough", "Line one\nLine two")
NAMES = ("countess", "sister", "neighbour")
PHONES = {"countess": ("(317) 555-0123", "+13175550123"), "sister": ("555-0199", None), "neighbour": (None, None)}
"""As each wrote it, and where a text message goes."""
NOBODYS = "id-999999"
LONG = VisitType(id=VisitTypeId("long"), name="New patient", length=timedelta(hours=1))
CLEANED = VisitType(
    id=VisitTypeId("cleaned"), name="Endoscopy", length=timedelta(minutes=20), holds=timedelta(minutes=50)
)
AT_THE_DESK = VisitType(
    id=VisitTypeId("desk"),
    name="Operation",
    length=timedelta(hours=1),
    bookable_by=BookableBy.PRACTICE,
    provider_ids=PROVIDERS[:1],
)
VISIT_TYPES = (LONG, CLEANED, AT_THE_DESK)

kinds: st.SearchStrategy[VisitType | None] = st.sampled_from((None, None, LONG, CLEANED, AT_THE_DESK))
providers: st.SearchStrategy[StaffId] = st.sampled_from(PROVIDERS)


def pick(things: Sequence[T], which: int) -> T | None:
    """One of them, the first for 0, if there is any."""
    return things[which % len(things)] if things else None


class PracticeMachine(PredictingMachine):
    """A practice where nobody does anything yet, but for its worker and the clock.

    Attributes:
        begins_at: see ``AppointmentsMachine``.
        places: see there.
        changes: see there.
    """

    begins_at: ClassVar[datetime]
    places: ClassVar[tuple[Place, ...]]
    changes: ClassVar[tuple[date, ...]]

    def __init__(self) -> None:
        super().__init__()
        self.clock.advance(self.begins_at - self.clock())
        self.over_at: datetime = self.begins_at + RUN_MAX
        self.buildings: list[Building] = [Building(one.id, one.zone, one.name) for one in self.places]
        self.model: DeskModel = DeskModel(self.policy, self.clock)

    def spoken(self, error: PortalError) -> str:
        """Its code, and what it names."""
        match error:
            case NotFoundError(what=named) | BookingLimitError(limit=named) | SlotsOverlapError(starts_at=named):
                return f"{error.code}: {named}"
            case SlotsBookedError(appointment_ids=ids):
                return f"{error.code}: {', '.join(ids)}"
            case VisitsOverlapError(appointment_id=named) | IdempotencyKeyReusedError(id=named):
                return f"{error.code}: {named}"
            case NotBookedError(status=named) | AppointmentRequestEndedError(status=named):
                return f"{error.code}: {named}"
            case _:
                return super().spoken(error)

    # The worker, time and mishap

    @rule()
    def work(self) -> None:
        """The worker tells what is due, as predicted; that its commits may fail is another machine's matter."""
        self.store.good_commits = None
        before = len(self.notifier.messages)
        pointless = [notice for notice in self.model.notices if self.model.is_stale(notice)]
        expired, reminded = self.model.expired(), self.model.to_remind_of()
        self._see_reminders(reminded)
        work = self.model.work()
        predicted = [
            (
                one.kind,
                one.person.number if one.person.is_texted else one.person.email,
                one.visit and local(one.visit.slot.starts_at, one.visit.slot.place),
            )
            for one in work.told
        ]
        worked = self.portal.work(limit=1000)
        answered = [
            (one.kind, one.to_phone or one.to_email, one.visit_at and (one.visit_at.isoformat(), one.visit_place))
            for one in self.notifier.messages[before:]
        ]
        agree("messages", predicted=predicted, answered=answered)
        agree(
            "work",
            predicted=Worked(
                sent=len(work.told),
                postponed=len(work.held),
                given_up=len(work.given_up),
                concluded=len(expired) + len(reminded),
            ),
            answered=worked,
        )
        self._reach("a text message waited for the morning", when=work.held)
        self._reach("a text message was sent", when=any(one.person.is_texted for one in work.told))
        self._reach("a request expired", when=expired)
        self._reach("a confirmation had become pointless", when=pointless)

    @precondition(lambda self: self.model.edges())
    @rule(which=indexes, offset=offsets)
    def time_passes_to_an_edge(self, which: int, offset: timedelta) -> None:
        """The clock goes to where something begins, ends or is too late: just before, there, or just after."""
        edges = self.model.edges()
        self._wait_until(edges[which % len(edges)] + offset)

    @rule(after=st.integers(0, 2))
    def a_commit_will_fail(self, after: int) -> None:
        """The database will fail at the end of a transaction."""
        self.store.good_commits = after

    @rule(who=indexes, wants=st.sampled_from(Channel))
    def choose_how_to_be_told(self, who: int, wants: Channel) -> None:
        """A patient chooses a way for all that they may choose of, or none."""
        person = self.person(who)
        choices = dict.fromkeys(BY_CHOICE, wants)
        answer, _ = self._ask(lambda: person.me.account.set_notices(choices), self.model.choose(person, wants))
        self._reach("text messages were wanted where none are sent", when=answer == "texts_not_offered")
        self._reach("somebody wanted to be told of nothing", when=person.wants is Channel.NONE)

    def _see_reminders(self, of: list[Visit]) -> None:
        self._reach("somebody was reminded", when=of)
        self._reach("somebody was reminded again", when=any(visit.reminded_of for visit in of))
        self._reach("a moved visit was reminded of", when=any(visit.former for visit in of))
        self._reach("several reminders were one", when=any(len(self.model.passed(visit)) > 1 for visit in of))
        self._reach("somebody shut out was to be reminded", when=any(not visit.person.is_active for visit in of))

    # What always holds

    @invariant()
    def exactly_the_free_slots_ahead_are_offered(self) -> None:
        """To the desk all of them, to patients those within their limits; who sees one first learns its id here."""
        look = self.desk.schedule.open_slots
        offered = {(one.provider_id, one.starts_at): one for one in self._pages(self.onlooker, look, 200) or []}
        free = {(slot.provider_id, slot.starts_at): slot for slot in self.model.offered()}
        agree("offered", predicted=sorted(free), answered=sorted(offered))
        for key, slot in free.items():
            shown = offered[key]
            slot.id = slot.id or shown.slot_id
            agree("a free slot", predicted=slot_foretold(slot, self.model.names), answered=slot_shown(shown))
        to_patients = self._pages(self.onlooker, self.onlooker.me.appointments.open_slots, 200) or []
        within = [
            slot_foretold(one, self.model.names) for one in self.model.offered() if not self.model.within_limits(one)
        ]
        agree("offered to patients", predicted=within, answered=[slot_shown(one) for one in to_patients])

    # What there is

    def person(self, who: int) -> Person:
        """One of the patients."""
        return self.model.people[who % len(self.model.people)]

    def _other(self, person: Person) -> Person:
        return self.person(1 - self.model.people.index(person))

    # How it is done

    def _everybody_joins(self) -> None:
        self.onlooker: Person
        *self.model.people, self.onlooker = [self._joined(name) for name in NAMES]

    def _joined(self, name: str) -> Person:
        email = f"{name}@example.org"
        phone, number = PHONES[name]
        member = activated(self.portal, self.notifier, name, email=email, phone=phone, first_name=name)
        me = self.portal.log_in(name, PASSWORD)
        wants = Channel.EMAIL
        if number is not None and self.policy.notices.texts:
            wants = Channel.TEXT
            me.account.set_notices(dict.fromkeys(BY_CHOICE, wants))
        return Person(member.patient_id, name, email, number, me, wants=wants)

    def _wait_until(self, moment: datetime) -> None:
        """The clock goes on, never back, and never so far that anything is forgotten."""
        super()._wait_until(min(moment, self.over_at))

    def _pages(self, person: Person, look: Callable[..., Page[S]], limit: int) -> list[S] | None:
        """A whole list of a patient's, page by page; ``None``: they are out."""
        return self._listed(look, limit, self.model.look(person))

    def _listed(self, look: Callable[..., Page[S]], limit: int, prediction: Prediction) -> list[S] | None:
        """A whole list, page by page, each of which answers so; ``None``: one wasn't shown."""
        items: list[S] = []
        cursor, pages = None, 0
        while pages == 0 or cursor is not None:
            _, page = self._ask(partial(look, limit=limit, cursor=cursor), prediction)
            if page is None:
                return None
            items += page.items
            cursor, pages = page.next_cursor, pages + 1
        self._reach("a list had several pages", when=pages > 1)
        return items

    def _saved(self, state: type[S]) -> Sequence[S]:
        with self.store.view() as view:
            return view.select(Query(state=state, order=KINDS[state].key))
