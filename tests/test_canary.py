"""Nothing secret or personal turns up where it mustn't: a canary in every field, and a sweep of everything after."""

import logging
import pickle
import sqlite3
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import date, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from attrs import asdict, evolve, field, frozen

from patientportal import (
    ENGLISH,
    AdapterError,
    Answer,
    AppointmentId,
    Approved,
    Argon2Hasher,
    ConfigurationError,
    ConsoleNotifier,
    Declined,
    Message,
    Money,
    NoticeKind,
    PatientAccess,
    Pay,
    PersonalInformation,
    Place,
    PlaceId,
    Policy,
    Portal,
    PracticeAccess,
    RecordingNotifier,
    RenewalId,
    Role,
    SandboxProcessor,
    SandboxSource,
    SecurityQuestion,
    SlotId,
    SqliteStore,
    StaffId,
    StaffMember,
    TooBusyError,
    Window,
)
from patientportal.adapters.system import new_secret
from patientportal.application.accounts.recovery import Challenge
from patientportal.domain.accounts.activation import Account
from patientportal.domain.accounts.security_questions import SecurityAnswers
from patientportal.domain.values.tokens import parsed
from patientportal.ports.catalogue import KINDS
from patientportal.ports.store import Query
from patientportal.testing import CheapHasher, FrozenClock, last_link_secret, portal

PASSWORD = "Thrushbolt 7 marigoldy"
NEW_PASSWORD = "Quenchwick 8 saffronly"
WRONG_PASSWORD = "Grumblefen 9 turquoisy"
TYPED_AS_USERNAME = "Misplacedtrumpet!5"
USERNAME = "frobnicus"
OTHER_USERNAME = "splendifer"
DEVICE = "glimphone"
ANSWERS = {SecurityQuestion.FIRST_PET: "Snorkelwick", SecurityQuestion.FIRST_STREET: "Blenheimer Row"}
PERSONAL = {
    "first_name": "Zorblaxia",
    "last_name": "Quexleyham",
    "email": "wumptail@vintrop.example",
    "phone": "+1 555 0199 7731",
    "postal_code": "ZQ8 4XKW",
    "language": "xqz-Wumpt",
}
BORN = date(1911, 11, 17)
STAFF_NAME = "Yolanderine Pimm"
BORN_WRITTEN = ("1911-11-17", "19111117", "1911, 11, 17", "17.11.1911", "11/17/1911")

SOURCE, BROKEN_SOURCE = "tok_plumbersnatch", "tok_crumblefizz"
MADE_UP = (PASSWORD, NEW_PASSWORD, WRONG_PASSWORD, TYPED_AS_USERNAME, SOURCE, BROKEN_SOURCE, *ANSWERS.values())
NEW_EMAIL = "snarfle@quibblex.example"
HEALTH = "My gronkulitis prescription vanished"
MEDICATION, DOSE, DIRECTIONS = "Wobbletabs 40 MG", "a thimbleful", "Swallow while humming"
PHARMACY, NOTE, NEW_DIRECTIONS, REASON = (
    "Grumbledore Chemists",
    "Snufflings again",
    "Whistle instead",
    "Spleen of gloop",
)
PHARMACY_CANARIES = (MEDICATION, DOSE, DIRECTIONS, PHARMACY, NOTE, NEW_DIRECTIONS, REASON)
NUMBER, SCAN, PAY_KEY = "Quibblebill 7", "For blistering of the grommet", "clickety-snork"
DUE = ("777.31", "77731", "23.45", "2345")
COMPLAINT, CALLED_OFF, TURNED_AWAY = "My left fribbletoe itches", "Dr Quib has the mumblepox", "No cure for wozzleknee"
HEADING, ADVICE = "About your snifflepox", "Take the blue wobbletabs twice"
PERSONAL_CANARIES = (
    HEALTH,
    COMPLAINT,
    CALLED_OFF,
    TURNED_AWAY,
    HEADING,
    ADVICE,
    *PHARMACY_CANARIES,
    NUMBER,
    SCAN,
    PAY_KEY,
    NEW_EMAIL,
    USERNAME,
    OTHER_USERNAME,
    DEVICE,
    STAFF_NAME,
    *PERSONAL.values(),
    *BORN_WRITTEN,
)


@frozen(kw_only=True)
class Aviary:
    """A portal on a real file, and everything that it showed or handed out."""

    file: Path
    portal: Portal
    notifier: RecordingNotifier
    clock: FrozenClock
    errors: list[BaseException] = field(factory=list)
    shown: list[object] = field(factory=list)
    handed_out: list[str] = field(factory=list)

    @property
    def secrets(self) -> list[str]:
        """What people made up, and what was handed out to them."""
        links = [str(message.link) for message in self.notifier.messages if message.link]
        return [*MADE_UP, *(text.rpartition(".")[2] for text in (*links, *self.handed_out))]

    @property
    def canaries(self) -> list[str]:
        return [*self.secrets, *PERSONAL_CANARIES]

    def refused(self, call: Callable[..., object], *arguments: Any, **named: Any) -> None:
        """Makes a call that must fail, and keeps how it did."""
        with pytest.raises(Exception) as refusal:  # noqa: PT011 - whatever it is, it is swept
            call(*arguments, **named)
        self.errors.append(refusal.value)

    def show(self, *things: object) -> None:
        self.shown.extend(things)

    def rows(self, table: str) -> str:
        with closing(sqlite3.connect(self.file)) as connection:
            return repr(connection.execute(f"SELECT * FROM {table}").fetchall())  # noqa: S608 - ours


class Teller(SandboxProcessor):
    """A processor that approves every token but one, of which it speaks in its error."""

    def charge(self, key: str, amount: Money, source: str) -> Approved | Declined:
        if source == BROKEN_SOURCE:
            raise ConnectionError(f"{source} for {amount}")
        return super().charge(key, amount, SandboxSource.APPROVE)


@pytest.fixture
def aviary(tmp_path: Path) -> Iterator[Aviary]:
    file = tmp_path / "portal.db"
    clock, notifier = FrozenClock(), RecordingNotifier()
    one = portal(store=SqliteStore(file), clock=clock, notifier=notifier, payments=Teller(), new_secret=new_secret)
    with one:
        yield Aviary(file=file, portal=one, notifier=notifier, clock=clock)


def found(canaries: list[str], haystack: str | bytes) -> list[str]:
    """The canaries that stand in a text or in bytes, in any case."""
    if isinstance(haystack, bytes):
        return [canary for canary in canaries if canary.encode().lower() in haystack.lower()]
    return [canary for canary in canaries if canary.lower() in haystack.lower()]


def chained(error: BaseException | None) -> Iterator[BaseException]:
    """An error and everything behind it."""
    seen: list[BaseException] = []
    waiting = [error]
    while waiting:
        one = waiting.pop()
        if one is None or one in seen:
            continue
        seen.append(one)
        yield one
        waiting += [one.__cause__, one.__context__]
        waiting += one.exceptions if isinstance(one, BaseExceptionGroup) else ()


def told_by(error: BaseException) -> Iterator[str | bytes]:
    """All that can be read off an error; a traceback without the values of its locals."""
    for one in chained(error):
        yield from (str(one), repr(one), repr(one.args), *getattr(one, "__notes__", ()), repr(vars(one)))
        yield pickle.dumps(one)
        yield pickle.dumps(one, protocol=0)
    yield "".join(traceback.format_exception(error))


def hand_over(aviary: Aviary, practice: PracticeAccess) -> str:
    """Registers the patient, with every mistake on the way, and gives the link's secret."""
    personal: dict[str, Any] = PERSONAL | {"date_of_birth": BORN}
    for name, value in PERSONAL.items():
        for spoilt in ("\0", "\u2028@ \u202e", "x" * 500):
            aviary.refused(PersonalInformation, **(personal | {name: value + spoilt}))
        aviary.refused(PersonalInformation, **(personal | {name: value.encode()}))
    aviary.refused(PersonalInformation, **(personal | {"date_of_birth": str(BORN)}))
    aviary.refused(PersonalInformation, **(personal | {"date_of_birth": BORN.replace(year=1811)}))
    aviary.refused(StaffMember, id=StaffId("staff-1"), name=STAFF_NAME + "\0", roles={Role.SUPPORT})
    aviary.refused(aviary.portal.practice, STAFF_NAME)
    person = PersonalInformation(**personal)
    aviary.refused(practice.patients.register, evolve(person, date_of_birth=date(2999, 1, 1)))
    aviary.refused(practice.patients.register, personal)
    patient_id = practice.patients.register(person)
    aviary.show(person, practice.patients.get(patient_id))
    aviary.show(practice.patients.find(last_name=PERSONAL["last_name"], date_of_birth=BORN))
    aviary.refused(practice.patients.find, last_name=PERSONAL["last_name"] + "\0", date_of_birth=BORN)
    aviary.refused(practice.patients.get, PERSONAL["email"])
    aviary.refused(practice.support.unlock, patient_id)
    aviary.notifier.answers = [Answer.LATER]
    aviary.show(aviary.portal.work())
    aviary.clock.advance(timedelta(minutes=1))
    aviary.show(aviary.portal.work())
    return last_link_secret(aviary.notifier)


def activate(aviary: Aviary, link: str) -> None:
    """Activates, with every mistake on the way."""
    good: dict[str, Any] = {
        "link_secret": link,
        "username": USERNAME,
        "password": PASSWORD,
        "security_answers": ANSWERS,
    }
    for otherwise in (
        {"link_secret": link + "A"},
        {"link_secret": PASSWORD},
        {"link_secret": link.encode()},
        {"username": USERNAME + "\0"},
        {"username": USERNAME + "\ud800"},
        {"username": USERNAME + " "},
        {"username": USERNAME * 10},
        {"password": "Thrushb"},
        {"password": PASSWORD + "\ud800"},
        {"password": PASSWORD * 100},
        {"password": PASSWORD.encode()},
        {"password": PERSONAL["last_name"] + " 7 !"},
        {"password": BORN_WRITTEN[0] + " Zorblaxia"},
        {"security_answers": {SecurityQuestion.FIRST_PET: "Snorkelwick"}},
        {"security_answers": {"Snorkelwick": "Snorkelwick", "first_pet": "Snorkelwick"}},
        {"security_answers": {"first_pet": USERNAME, "first_street": PASSWORD}},
        {"security_answers": {"first_pet": "Snorkelwick\0", "first_street": "Blenheimer Row"}},
        {"security_answers": list(ANSWERS.items())},
    ):
        aviary.refused(aviary.portal.activate, **(good | otherwise))
    aviary.show(aviary.portal.activate(**good))
    aviary.refused(aviary.portal.activate, **good)


def get_in_and_out(aviary: Aviary, practice: PracticeAccess) -> PatientAccess:
    """Logs in, is refused, is locked and unlocked, changes the password, and looks around."""
    door = aviary.portal
    aviary.refused(door.log_in, TYPED_AS_USERNAME, PASSWORD)
    aviary.refused(door.log_in, USERNAME, PASSWORD, device=DEVICE + "\0")
    aviary.refused(door.log_in, USERNAME + "\0", PASSWORD)
    aviary.refused(door.log_in, USERNAME, PASSWORD + "\0")
    me = door.log_in(USERNAME, PASSWORD, device=DEVICE)
    other = door.log_in(USERNAME, PASSWORD, device=DEVICE)
    aviary.handed_out.extend((me.token, other.token))
    aviary.refused(door.resume, me.token + "A")
    aviary.refused(door.resume, me.token.encode())
    for _ in range(5):
        aviary.refused(door.log_in, USERNAME, WRONG_PASSWORD, device=DEVICE)
    aviary.refused(me.account.change_password, PASSWORD, NEW_PASSWORD)
    practice.support.unlock(me.patient_id)
    aviary.refused(me.account.change_password, WRONG_PASSWORD, NEW_PASSWORD)
    aviary.refused(me.account.change_password, PASSWORD, PASSWORD)
    aviary.refused(me.account.change_password, PASSWORD, USERNAME + " 7 saffronly")
    aviary.refused(me.account.change_password, PASSWORD, NEW_PASSWORD + "\ud800")
    me.account.change_password(PASSWORD, NEW_PASSWORD)
    aviary.refused(door.resume, other.token)
    change_address(aviary, practice, me)
    forget_everything(aviary, practice, me)
    aviary.refused(me.account.history, cursor=PASSWORD)
    aviary.refused(me.account.devices, limit=PASSWORD)
    aviary.show(me, me.account, me.account.devices(), me.account.history(), me.account.history(limit=1), door.work())
    return me


def change_address(aviary: Aviary, practice: PracticeAccess, me: PatientAccess) -> None:
    """Changes the address, with every mistake on the way, and has the practice change it back."""
    for password, new in (
        (WRONG_PASSWORD, NEW_EMAIL),
        (NEW_PASSWORD, PERSONAL["email"]),
        (NEW_PASSWORD, NEW_EMAIL + "\0"),
        (NEW_PASSWORD, NEW_EMAIL + " " + PERSONAL["email"]),
        (NEW_PASSWORD + "\ud800", NEW_EMAIL),
    ):
        aviary.refused(me.account.change_email, password, new)
    me.account.change_email(NEW_PASSWORD, NEW_EMAIL)
    aviary.show(aviary.portal.work())
    link = next(str(m.link) for m in aviary.notifier.messages if m.kind is NoticeKind.CONFIRM_EMAIL)
    confirmation = link.partition("#")[2]
    aviary.refused(aviary.portal.confirm_email, confirmation + "A")
    aviary.refused(aviary.portal.confirm_email, PASSWORD)
    aviary.portal.confirm_email(confirmation)
    aviary.refused(aviary.portal.confirm_email, confirmation)
    aviary.refused(practice.patients.change_email, me.patient_id, NEW_EMAIL + "\ud800")
    practice.patients.change_email(me.patient_id, PERSONAL["email"])
    aviary.notifier.answers = [Answer.NEVER]
    aviary.show(aviary.portal.work(), practice.audit, practice.audit.undelivered(), aviary.portal.health())


def forget_everything(aviary: Aviary, practice: PracticeAccess, me: PatientAccess) -> None:
    """Forgets the password, then the username, with every mistake on the way, and asks support."""
    way = aviary.portal.recovery
    person = PersonalInformation(**(PERSONAL | {"date_of_birth": BORN}))
    asks: list[Callable[[], Challenge]] = [partial(way.forgot_password, USERNAME), partial(way.forgot_username, person)]
    for ask in asks:
        challenge = ask()
        aviary.handed_out.append(f".{challenge.id}")
        right = {question: ANSWERS[question] for question in challenge.questions}
        aviary.refused(way.answer, challenge.id, dict.fromkeys(right, WRONG_PASSWORD))
        aviary.refused(way.answer, challenge.id, dict.fromkeys(right, WRONG_PASSWORD + "\0"))
        aviary.refused(way.answer, challenge.id, {WRONG_PASSWORD: PASSWORD})
        aviary.refused(way.answer, challenge.id + "A", right)
        way.answer(challenge.id, right)
        aviary.show(challenge, way, aviary.portal.work())
        aviary.refused(way.answer, challenge.id, right)
    aviary.show(way.forgot_password(OTHER_USERNAME))
    link = str(aviary.notifier.messages[-1].link).partition("#")[2]
    way.check(link)
    aviary.refused(way.check, link + "A")
    aviary.refused(way.reset_password, link, NEW_PASSWORD)
    aviary.refused(way.reset_password, link, USERNAME + " 7 saffronly")
    aviary.refused(way.reset_password, link, NEW_PASSWORD + "\ud800")
    aviary.refused(me.account.set_security_answers, WRONG_PASSWORD, ANSWERS)
    aviary.refused(me.account.set_security_answers, NEW_PASSWORD, dict.fromkeys(ANSWERS, NEW_PASSWORD))
    me.account.set_security_answers(NEW_PASSWORD, ANSWERS)
    request_id = me.support.ask(HEALTH)
    way.ask_support(NEW_EMAIL, HEALTH)
    aviary.refused(me.support.ask, HEALTH + "\0")
    aviary.refused(way.ask_support, NEW_EMAIL + "\0", HEALTH)
    aviary.show(me.support, me.support.requests(), practice.support.open_requests())
    practice.support.resolve(request_id)
    aviary.refused(practice.support.resolve, request_id)


def write(aviary: Aviary, practice: PracticeAccess, me: PatientAccess) -> None:
    """The practice writes, with every mistake on the way, and the patient reads."""
    for subject, body in ((HEADING + "\0", ADVICE), (HEADING, ADVICE + "\ud800"), (HEADING * 20, ADVICE)):
        aviary.refused(practice.messages.send, me.patient_id, subject=subject, body=body)
    message_id = practice.messages.send(me.patient_id, subject=HEADING, body=ADVICE)
    aviary.refused(me.messages.get, HEADING)
    aviary.show(me.messages, me.messages.inbox(), me.messages.get(message_id), aviary.portal.work())


def take(aviary: Aviary, practice: PracticeAccess, me: PatientAccess) -> None:
    """Every way of a renewal, with every mistake on the way."""
    desk, mine = practice.medications, me.medications
    good: dict[str, Any] = {"name": MEDICATION, "dose": DOSE, "directions": DIRECTIONS, "started_on": date(2026, 1, 5)}
    for spoilt in ({"name": MEDICATION + "\0"}, {"dose": DOSE * 20}, {"directions": DIRECTIONS + "\ud800"}):
        aviary.refused(desk.record, me.patient_id, refills_left=3, **(good | spoilt))
    aviary.refused(desk.record, me.patient_id, refills_left=MEDICATION, **good)
    aviary.refused(desk.record, MEDICATION, refills_left=3, **good)
    medication_id = desk.record(me.patient_id, refills_left=3, **good)
    for pharmacy, note in ((PHARMACY + "\0", NOTE), (PHARMACY, NOTE + "\ud800"), (PHARMACY * 20, NOTE)):
        aviary.refused(mine.request_renewal, medication_id, pharmacy=pharmacy, note=note)
    aviary.refused(mine.request_renewal, MEDICATION)

    def ask() -> RenewalId:
        return mine.request_renewal(medication_id, pharmacy=PHARMACY, note=NOTE)

    denied = ask()
    aviary.refused(ask)
    aviary.show(desk, desk.pending_renewals(), mine, mine.active(), mine.renewals())
    aviary.refused(desk.deny_renewal, denied, REASON + "\0")
    aviary.refused(desk.deny_renewal, REASON, REASON)
    aviary.refused(desk.approve_renewal, denied, refills=1, changes=NEW_DIRECTIONS * 100)
    aviary.refused(desk.approve_renewal, denied, refills=97)
    desk.deny_renewal(denied, REASON)
    aviary.refused(desk.deny_renewal, denied, REASON)
    mine.withdraw_renewal(ask())
    approved = ask()
    desk.approve_renewal(approved, refills=2, changes=NEW_DIRECTIONS, refilled=False)
    aviary.show(desk.unfilled_renewals())
    desk.mark_refilled(approved)
    aviary.refused(desk.cover, STAFF_NAME, STAFF_NAME, aviary.clock())
    desk.cover(practice._member.id, StaffId("staff-2"), aviary.clock() + timedelta(days=1))
    ask()
    desk.discontinue(medication_id)
    aviary.refused(ask)
    aviary.show(mine.all(), mine.renewals(), me.messages.inbox(), aviary.portal.work(), me.account.history())


def owe(aviary: Aviary, practice: PracticeAccess, me: PatientAccess) -> None:
    """The practice sends a bill and the patient pays of it, with every mistake on the way."""
    good: dict[str, Any] = {
        "number": NUMBER,
        "balance": Money.parse(DUE[0], "USD"),
        "issued_on": aviary.clock().date(),
        "due_on": aviary.clock().date() + timedelta(days=9),
        "document": SCAN.encode(),
        "media_type": "text/plain",
    }
    for otherwise in (
        {"number": NUMBER + "\0"},
        {"number": NUMBER * 9},
        {"balance": DUE[0]},
        {"due_on": date(1999, 1, 1)},
        {"document": SCAN},
        {"media_type": SCAN},
    ):
        aviary.refused(practice.statements.upload, me.patient_id, **(good | otherwise))
    bill = practice.statements.upload(me.patient_id, **good)
    aviary.refused(practice.statements.upload, me.patient_id, **good)
    paid = Money.parse(DUE[2], "USD")
    for amount, source, key in (
        (DUE[2], SOURCE, PAY_KEY),
        (paid, SOURCE + "\0", PAY_KEY),
        (paid, SOURCE, PAY_KEY + "\ud800"),
        (paid + good["balance"], SOURCE, PAY_KEY),
        (Money.parse("1", "EUR"), SOURCE, PAY_KEY),
    ):
        aviary.refused(me.statements.pay, bill, amount, source=source, idempotency_key=key)
    payment = me.statements.pay(bill, paid, source=SOURCE, idempotency_key=PAY_KEY)
    aviary.refused(me.statements.pay, bill, Pay.FULL, source=SOURCE, idempotency_key=PAY_KEY)
    aviary.refused(me.statements.document, NUMBER)
    me.statements.pay(bill, paid, source=BROKEN_SOURCE)
    me.statements.request_resend(bill)
    aviary.show(me.statements, me.statements.all(), me.statements.get(bill), me.statements.document(bill), payment)
    aviary.show(practice.statements, practice.statements.payments(me.patient_id), practice.support.open_requests())
    aviary.show(aviary.portal.work())


def see_a_doctor(aviary: Aviary, practice: PracticeAccess, me: PatientAccess) -> None:
    """Books, moves, asks and is turned away, with every mistake on the way."""
    north = Place(id=PlaceId("north"), name="North Building", zone="America/New_York")
    tomorrow = date(2026, 1, 6)
    practice.schedule.publish(
        north,
        "FREQ=WEEKLY;BYDAY=TU",
        opens=time(9),
        closes=time(11),
        visit_length=timedelta(minutes=30),
        first_day=tomorrow,
        last_day=tomorrow,
    )
    own, desk = me.appointments, practice.appointments
    first, second, third, fourth = (slot.slot_id for slot in own.open_slots().items)
    aviary.refused(own.book, first, COMPLAINT + "\0")
    aviary.refused(own.book, first, COMPLAINT * 50)
    aviary.refused(own.book, SlotId(COMPLAINT), COMPLAINT)
    visit_id = own.book(first, COMPLAINT)
    aviary.refused(own.book, first, COMPLAINT)
    aviary.refused(own.get, AppointmentId(COMPLAINT))
    aviary.refused(practice.schedule.withdraw, after=aviary.clock(), before=aviary.clock() + timedelta(days=2))
    moved_id = own.reschedule(visit_id, second)
    aviary.refused(own.reschedule, visit_id, third)
    aviary.refused(desk.cancel, moved_id, CALLED_OFF + "\ud800")
    desk.cancel(moved_id, CALLED_OFF)
    aviary.refused(desk.cancel, moved_id, CALLED_OFF)
    window = Window(first_day=tomorrow, last_day=tomorrow)
    asked = [own.request(COMPLAINT, [window]) for _ in range(3)]
    aviary.refused(own.request, COMPLAINT, [window])
    aviary.refused(own.request, COMPLAINT, [COMPLAINT])
    aviary.show(desk.requests())
    desk.schedule_request(asked[0], fourth)
    aviary.refused(desk.decline_request, asked[1], TURNED_AWAY + "\0")
    desk.decline_request(asked[1], TURNED_AWAY)
    aviary.refused(desk.decline_request, asked[1], TURNED_AWAY)
    aviary.refused(desk.mark_noshow, visit_id)
    aviary.show(own, own.open_slots(), own.upcoming(), own.past(), own.requests(), own.get(moved_id))
    aviary.show(desk.of_day(StaffId("staff-1"), tomorrow), aviary.portal.work(), me.account.history())


def live(aviary: Aviary) -> PatientAccess:
    """All of a patient's way in and out."""
    roles = frozenset({Role.FRONT_DESK, Role.PROVIDER, Role.SUPPORT})
    member = StaffMember(id=StaffId("staff-1"), name=STAFF_NAME, roles=roles)
    practice = aviary.portal.practice(member)
    aviary.refused(aviary.portal.practice(evolve(member, roles={Role.PROVIDER})).support.unlock, USERNAME)
    activate(aviary, hand_over(aviary, practice))
    me = get_in_and_out(aviary, practice)
    write(aviary, practice, me)
    take(aviary, practice, me)
    owe(aviary, practice, me)
    see_a_doctor(aviary, practice, me)
    aviary.show(member, practice, practice.patients, practice.support, aviary.portal, aviary.portal._outside)
    aviary.show(*aviary.notifier.messages, *(parsed(text, field="token") for text in aviary.handed_out))
    return me


def break_things(aviary: Aviary, me: PatientAccess) -> None:
    """The outside fails in every way that a test can bring about."""
    door = aviary.portal
    with another(aviary, "BEGIN IMMEDIATE"):
        impatient = SqliteStore(aviary.file, wait=timedelta(0))
        aviary.refused(portal(store=impatient).log_in, USERNAME, WRONG_PASSWORD, device=DEVICE)
        impatient.close()
    busy = portal(store=door._outside.store, hasher=Busy())
    aviary.refused(busy.log_in, USERNAME, WRONG_PASSWORD)
    for document in (f'[{{"{PASSWORD}": 1}}]', f'[{{"question": "{PASSWORD}"}}]', f'["{PASSWORD}"'):
        with another(aviary, "UPDATE events SET event_data = ?", document):
            pass
        aviary.refused(me.account.history)
    with another(aviary, "UPDATE accounts SET password_hash = ?", PASSWORD):
        pass
    aviary.refused(door.log_in, USERNAME, WRONG_PASSWORD)
    aviary.refused(Argon2Hasher(time_cost=2, memory_cost_kib=19_456, parallelism=1).verify, WRONG_PASSWORD, PASSWORD)
    with another(aviary, "DROP TABLE log_in_guards"):
        pass
    aviary.refused(door.log_in, USERNAME, WRONG_PASSWORD, device=DEVICE)
    aviary.refused(me.account.change_password, NEW_PASSWORD, PASSWORD)
    aviary.refused(Policy, zone=PASSWORD)


class Busy(CheapHasher):
    """A hasher with too long a queue."""

    def verify(self, text: str, against: str) -> bool:  # noqa: ARG002 - the port's
        raise TooBusyError(queue="hashing")


@contextmanager
def another(aviary: Aviary, sql: str, *values: str) -> Iterator[None]:
    """Somebody else's connection, in whose transaction this was executed."""
    with closing(sqlite3.connect(aviary.file)) as connection, connection:
        connection.execute(sql, values)
        yield


def test_no_error_holds_a_secret_or_a_personal_value(aviary: Aviary) -> None:
    break_things(aviary, live(aviary))
    assert {AdapterError, TooBusyError, ConfigurationError} <= {type(error) for error in aviary.errors}
    for error in aviary.errors:
        for told in told_by(error):
            assert found(aviary.canaries, told) == [], type(error)


def test_nothing_that_can_be_shown_shows_a_secret_or_a_personal_value(aviary: Aviary) -> None:
    live(aviary)
    with aviary.portal._outside.store.view() as view:
        for kind in KINDS.values():
            states = view.select(Query(state=kind.state))
            assert states, kind.table
            aviary.show(*states)
        (account,) = view.select(Query(state=Account))
        (asked,) = view.select(Query(state=SecurityAnswers))
    hashes = [account.password_hash, *(answer.answer_hash for answer in asked.answers)]
    for thing in aviary.shown:
        assert found([*aviary.canaries, *hashes], f"{thing!r} {thing}") == [], type(thing)


def test_no_log_record_of_any_logger_holds_one(aviary: Aviary, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        break_things(aviary, live(aviary))
    for record in caplog.records:
        assert found(aviary.canaries, f"{record.getMessage()} {record.__dict__}") == []


def test_no_event_and_no_delivery_holds_one(aviary: Aviary) -> None:
    live(aviary)
    for table in ("events", "deliveries", "log_in_guards", "link_secrets", "links", "covers"):
        rows = aviary.rows(table)
        assert rows != "[]"
        assert found(aviary.canaries, rows) == [], table


def test_no_secret_is_in_the_bytes_of_the_database(aviary: Aviary) -> None:
    live(aviary)
    assert len(aviary.secrets) > len(MADE_UP) + 3
    for suffix in ("", "-wal", "-shm"):
        kept = aviary.file.with_name(aviary.file.name + suffix).read_bytes()
        assert kept
        assert found(aviary.secrets, kept) == [], suffix
    aviary.portal.close()
    kept = aviary.file.read_bytes()
    assert found([USERNAME], kept), "the sweep finds what is there"
    assert found(aviary.secrets, kept) == []


def test_no_mail_names_an_amount(aviary: Aviary) -> None:
    live(aviary)
    kinds = {message.kind for message in aviary.notifier.messages}
    assert kinds >= {NoticeKind.STATEMENT_AVAILABLE, NoticeKind.NEW_MESSAGE}
    for message in aviary.notifier.messages:
        letter = ENGLISH.letter(message, practice="The practice")
        assert found([*DUE, "USD"], f"{asdict(message)} {letter.subject} {letter.text} {letter.page}") == []


def test_the_console_shows_neither_an_address_nor_a_link_unless_told_to(capsys: pytest.CaptureFixture[str]) -> None:
    message = Message(
        id="d-1",
        kind=NoticeKind.INVITATION,
        to_email=PERSONAL["email"],
        to_name="Ada",
        link=f"https://portal.example/activate#a.b.{PASSWORD}",
    )
    ConsoleNotifier().send(message)
    printed = capsys.readouterr().out
    assert printed
    assert found([PASSWORD, PERSONAL["email"]], printed) == []


@pytest.mark.parametrize("where", ["message", "cause", "context", "note", "field", "group"])
def test_the_sweep_finds_a_canary_wherever_an_error_keeps_one(where: str) -> None:
    error: BaseException = ValueError("plain")
    planted = KeyError(PASSWORD.lower())
    match where:
        case "message":
            error = planted
        case "cause":
            error.__cause__ = planted
        case "context":
            error.__context__ = planted
        case "note":
            error.add_note(PASSWORD)
        case "field":
            error = AdapterError(adapter="smtp", reason=PASSWORD)
        case _:
            error = ExceptionGroup("plain", [planted])
    assert any(found([PASSWORD], told) for told in told_by(error))


@pytest.mark.parametrize("column", ["personal_date_of_birth", "personal_email"])
def test_a_row_that_can_not_be_read_is_an_adapter_error_without_its_values(aviary: Aviary, column: str) -> None:
    me = live(aviary)
    with another(aviary, f"UPDATE personal_records SET {column} = {column} || '@17'"):  # noqa: S608 - ours
        pass
    aviary.refused(me.account.change_password, NEW_PASSWORD, PASSWORD)
    assert isinstance(aviary.errors[-1], AdapterError)
    for told in told_by(aviary.errors[-1]):
        assert found(aviary.canaries, told) == []
