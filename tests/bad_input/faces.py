"""Every object of the face over one store, and arguments with which each of its calls succeeds."""

import threading
from datetime import UTC, date, datetime
from datetime import time as time_of_day
from typing import Any

from attrs import frozen

from patientportal import (
    AccountEndReason,
    Answer,
    Asker,
    NoticeKind,
    PatientAccess,
    Place,
    PlaceId,
    Portal,
    PracticeAccess,
    Provider,
    RetractionReason,
    StaffId,
    Store,
    VisitType,
    VisitTypeId,
    Window,
)
from patientportal.adapters.recording import RecordingNotifier
from patientportal.ports.catalogue import KINDS
from patientportal.ports.store import Query
from patientportal.testing import (
    ANSWERS,
    BORN,
    PASSWORD,
    CheapHasher,
    FrozenClock,
    activated,
    asked,
    desk,
    invited,
    person,
    portal,
)
from tests.bad_input.arguments import BAD
from tests.bad_input.of_money import billed
from tests.bad_input.values import HOUR, NOON


class CountingHasher(CheapHasher):
    """A hasher that counts."""

    def __init__(self) -> None:
        super().__init__()
        self.hashes = 0

    def hash(self, text: str) -> str:
        self.hashes += 1
        return super().hash(text)

    def verify(self, text: str, against: str) -> bool:
        self.hashes += 1
        return super().verify(text, against)


class Clock(FrozenClock):
    """A clock that can forget its zone."""

    is_naive = False

    def __call__(self) -> datetime:
        now = super().__call__()
        return now.replace(tzinfo=None) if self.is_naive else now


@frozen(kw_only=True)
class Face:
    """Every object of the face over one store, and arguments with which each of its calls would succeed."""

    store: Store
    hasher: CountingHasher
    clock: Clock
    handles: dict[str, Any]
    good: dict[str, Any]

    def call(self, method: str, /, **otherwise: Any) -> Any:
        handle, _, name = method.partition(".")
        of_all = {argument: self.good.get(f"{name}.{argument}") for argument in BAD[method]}
        good = {argument: self.good.get(f"{method}.{argument}", usual) for argument, usual in of_all.items()}
        return getattr(self.handles[handle], name)(**(good | otherwise))

    def contents(self) -> list[object]:
        with self.store.view() as view:
            return [set(view.select(Query(state=kind.state))) for kind in KINDS.values()]


MARKS = ("mark_arrived", "unmark_arrived", "mark_fulfilled", "mark_noshow")


def of_appointments(one: Portal, me: PatientAccess, practice: PracticeAccess) -> dict[str, Any]:
    """Good arguments for all about visits: hours on Monday afternoon, one of them booked, and one that has begun."""
    monday, dora = NOON.date(), StaffId("dora")
    publish: dict[str, Any] = {
        "place": Place(id=PlaceId("north"), name="North Building", zone="UTC"),
        "pattern": "FREQ=WEEKLY;BYDAY=MO",
        "opens": time_of_day(13),
        "closes": time_of_day(17),
        "visit_length": HOUR,
        "step": None,
        "first_day": monday,
        "last_day": monday,
        "exceptions": (),
        "provider_id": dora,
        "progress": None,
    }
    practice.schedule.publish(
        **(publish | {"opens": time_of_day(9, 5), "closes": time_of_day(9, 20), "visit_length": HOUR / 4})
    )
    practice.schedule.publish(**publish)
    begun, first, second, *_ = (slot.slot_id for slot in me.appointments.open_slots().items)
    kept_id = me.appointments.book(begun)
    one._env.clock.advance(HOUR / 12)  # type: ignore[attr-defined] # it is a FrozenClock
    visit_id = me.appointments.book(first)
    request_id = me.appointments.request("My knee", [Window(first_day=monday, last_day=monday)])
    good: dict[str, Any] = {"ProvidersDesk.put.provider": Provider(id=dora, name="Dr Dora")}
    good["VisitTypesDesk.put.visit_type"] = VisitType(id=VisitTypeId("long"), name="New patient", length=2 * HOUR)
    good["PlacesDesk.put.place"] = Place(id=PlaceId("south"), name="South Building", zone="UTC")
    good |= {f"publish.{name}": value for name, value in publish.items()}
    good |= {f"{verb}.appointment_id": visit_id for verb in ("cancel", "reschedule")}
    good |= {f"{verb}.appointment_id": kept_id for verb in MARKS}
    good |= {f"{verb}.slot_id": second for verb in ("book", "reschedule", "schedule_request")}
    good |= {f"{verb}.reason": "My knee" for verb in ("book", "cancel", "request", "decline_request")}
    good |= {
        f"{verb}.request_id": request_id
        for verb in ("get_request", "withdraw_request", "schedule_request", "decline_request")
    }
    good |= {f"{verb}.after": NOON for verb in ("open_slots", "withdraw")}
    good |= {f"{verb}.before": NOON + HOUR for verb in ("open_slots", "withdraw")}
    return good | {
        "AppointmentsAccess.get.appointment_id": visit_id,
        "cancel.reopen": True,
        "AppointmentsDesk.get.appointment_id": visit_id,
        "AppointmentsDesk.book.patient_id": me.patient_id,
        "of_patient.patient_id": me.patient_id,
        "of_patient.limit": 5,
        "of_patient.cursor": None,
        "request.windows": [Window(first_day=monday, last_day=monday)],
        "withdraw.provider_id": dora,
        "of_day.provider_id": dora,
        "of_day.day": monday,
    }


def stopped() -> threading.Event:
    stop = threading.Event()
    stop.set()
    return stop


def opened(store: Store) -> Face:
    hasher, clock, notifier = CountingHasher(), Clock(), RecordingNotifier()
    one = portal(store=store, hasher=hasher, clock=clock, notifier=notifier)
    member = activated(one, notifier)
    _, link_secret = invited(one, notifier, email="second@example.org")
    me = one.log_in(member.username, member.password)
    me.account.change_email(member.password, "third@example.org")
    one.work()
    confirmation = next(message.link for message in notifier.messages if message.kind is NoticeKind.CONFIRM_EMAIL)
    practice = desk(one)
    challenge = asked(one.recovery.forgot_password(member.username))
    practice.support.send_password_reset(member.patient_id)
    one.work()
    reset = next(message.link for message in notifier.messages if message.kind is NoticeKind.PASSWORD_RESET)
    request_id = me.support.ask("Help")
    good = {
        "activate.link_secret": link_secret,
        "activate.date_of_birth": BORN,
        "activate.username": "second",
        "activate.password": PASSWORD,
        "activate.security_answers": ANSWERS,
        "log_in.username": member.username,
        "log_in.password": member.password,
        "log_in.device": "phone",
        "resume.session_token": me.token,
        "resume.extend": True,
        "problems.password": PASSWORD,
        "log_off_device.session_id": one.log_in(member.username, member.password)
        .account.devices()
        .items[-1]
        .session_id,
        "practice.member": practice._member,
        "change_password.current": member.password,
        "change_password.new": "amber lantern 77 drifts",
        "confirm_email.link_secret": str(confirmation).partition("#")[2],
        "work.stop": bool,
        "work_until.stop": stopped(),
        "work_until.progress": print,
        "forgot_password.username": member.username,
        "forgot_username.personal": person(),
        "answer.challenge_id": challenge.id,
        "answer.answers": {question: ANSWERS[question] for question in challenge.questions},
        "check_link.link_secret": str(reset).partition("#")[2],
        "reset_password.link_secret": str(reset).partition("#")[2],
        "reset_password.date_of_birth": None,
        "reset_password.new_password": "amber lantern 77 drifts",
        "ask_support.contact": "ada@example.org",
        "ask_support.message": "Help",
        "set_security_answers.password": member.password,
        "set_security_answers.answers": ANSWERS,
        "ask.message": "Help",
        "resolve.request_id": request_id,
        "SupportAccess.get.request_id": request_id,
        "SupportDesk.get.request_id": request_id,
        "open_requests.of": Asker.PATIENTS,
        "resolve.answer": "Come and see us.",
        "change_email.password": member.password,
        "change_email.new": "fourth@example.org",
        "end_account.email": "fifth@example.org",
        "end_account.reason": AccountEndReason.WRONG_PERSON,
        "register.personal": person(),
        "register.external_id": "K-2",
        "register.invite": False,
        "deactivate.cancel_visits": "Moved away",
        "correct.personal": person(last_name="King"),
        "correct.external_id": "K-3",
        "set_language.language": "de",
        "set_notices.notices": {"new_message": "none"},
        "find.last_name": "Byron",
        "find.date_of_birth": date(1980, 12, 10),
        "find.text": "Ada Byron",
        "find.phone": "(317) 555-0123",
        "find.external_id": "K-1",
    }
    message_id = practice.messages.send(member.patient_id, subject="Hello", body="Hello.")
    notifier.answers = [Answer.NEVER]
    one.work()
    good |= dict.fromkeys(
        ("deliver_again.delivery_id", "dismiss.delivery_id"), practice.audit.undelivered().items[0].delivery_id
    )
    me.messages.get(message_id)
    good |= {
        "MessagesAccess.get.message_id": message_id,
        "MessagesDesk.get.message_id": message_id,
        "retract.message_id": message_id,
        "retract.reason": RetractionReason.OTHER,
        "send.patient_id": member.patient_id,
        "send.subject": "Hello",
        "send.body": "Hello.",
    }
    good |= prescribed(practice, me)
    good |= billed(store, practice, me)
    good |= of_appointments(one, me, practice)
    lists = (
        *("devices", "history", "undelivered", "requests", "open_requests", "inbox", "open_slots", "upcoming", "past"),
        *("active", "all", "renewals", "pending_renewals", "unfilled_renewals", "payments", "unclear"),
        *("of_patient", "of_practice"),
    )
    good |= {f"{name}.limit": 5 for name in ("work", *lists)}
    good |= {f"{name}.cursor": None for name in lists}
    good |= {"PatientsDesk.all.state": None}
    good["undelivered.reason"] = None
    good["may.verb"] = "patients.get"
    verbs = (
        "get",
        "correct",
        "of_patient",
        "invite",
        "change_email",
        "end_account",
        "deactivate",
        "reactivate",
        "unlock",
        "send_password_reset",
        "print_password_reset",
        "print_invitation",
    )
    good |= {f"{verb}.patient_id": member.patient_id for verb in verbs}
    handles = (
        one,
        one.recovery,
        one.passwords,
        me,
        me.account,
        me.appointments,
        me.support,
        me.medications,
        me.messages,
        me.statements,
        practice,
        practice.patients,
        practice.providers,
        practice.places,
        practice.visit_types,
        practice.schedule,
        practice.appointments,
        practice.support,
        practice.medications,
        practice.messages,
        practice.statements,
        practice.audit,
    )
    named = {type(handle).__name__: handle for handle in handles}
    return Face(store=store, hasher=hasher, clock=clock, handles=named, good=good)


def prescribed(practice: PracticeAccess, me: PatientAccess) -> dict[str, Any]:
    """Medications of every sort that a call may be about, and the arguments that name them."""
    asked_for, approved, other, ended = (
        practice.medications.record(me.patient_id, name=name, started_on=date(2026, 1, 5), refills_left=1)
        for name in ("Aspirin", "Lisinopril", "Metformin", "Codeine")
    )
    waiting = me.medications.request_renewal(asked_for)
    unfilled = me.medications.request_renewal(approved)
    practice.medications.approve_renewal(unfilled, refills=1, refilled=False)
    practice.providers.put(Provider(id=StaffId("staff-9"), name="Who Left", active=False))
    return {
        "get.medication_id": other,
        "correct.medication_id": other,
        "reassign.prescriber_id": "staff-1",
        "reassign.to": "staff-2",
        "reassign.medication_id": other,
        "renewals.patient_id": me.patient_id,
        "renewal.renewal_id": waiting,
        "request_renewal.medication_id": other,
        "request_renewal.pharmacy": "Corner Pharmacy",
        "request_renewal.note": "Please.",
        "record.patient_id": me.patient_id,
        "record.name": "Aspirin",
        "record.dose": "81 mg",
        "record.directions": "Once a day.",
        "record.started_on": date(2026, 1, 5),
        "record.refills_left": 3,
        "record.is_renewable": True,
        "discontinue.medication_id": ended,
        "cover.prescriber_id": "staff-1",
        "cover.by": "staff-2",
        "cover.until": datetime(2026, 2, 5, tzinfo=UTC),
        "withdraw_renewal.renewal_id": waiting,
        "approve_renewal.renewal_id": waiting,
        "approve_renewal.refills": 3,
        "approve_renewal.refilled": True,
        "deny_renewal.renewal_id": waiting,
        "deny_renewal.reason": "Please come in.",
        "mark_refilled.renewal_id": unfilled,
    }
