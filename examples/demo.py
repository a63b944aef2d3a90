"""A patient's way in and out of a portal on a real SQLite file, in a few seconds and plain words."""

import logging
import os
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from patientportal import (
    AccountEndReason,
    ConsoleNotifier,
    Money,
    PatientAccess,
    Pay,
    PersonalInformation,
    Place,
    PlaceId,
    Policy,
    Portal,
    Provider,
    RecordingNotifier,
    RefusedError,
    Role,
    SandboxProcessor,
    SecurityQuestion,
    StaffId,
    StaffMember,
    StatementId,
    WeakPasswordError,
    open_portal,
)

BORN, EMAIL = date(1980, 12, 10), "ada.byron@example.org"
ADA = PersonalInformation(first_name="Ada", last_name="Byron", date_of_birth=BORN, email=EMAIL)
SUSAN = StaffMember(id=StaffId("susan"), name="Susan Desk", roles=frozenset({Role.FRONT_DESK, Role.SUPPORT}))
DORA = StaffMember(id=StaffId("dora"), name="Dr Dora", roles=frozenset({Role.PROVIDER}))
CHARLES = StaffMember(id=StaffId("charles"), name="Charles Locum", roles=frozenset({Role.PROVIDER}))
NORTH = Place(id=PlaceId("north"), name="North Building", zone="America/New_York")
USERNAME, PASSWORD, NEW_PASSWORD = "Countess", "violet kettle 42 drifts", "amber lantern 77 drifts"
ANSWERS = {SecurityQuestion.FIRST_PET: "Mopsy", SecurityQuestion.FIRST_STREET: "Harbour Lane"}
REASONS = {
    "too_short": "it needs at least {limit} characters",
    "too_long": "it has more than {limit} characters",
    "no_letter": "it has no letter",
    "no_digit": "it has no digit",
    "no_special": "it has no special character",
    "common": "it is one of the first that anybody would guess",
    "personal": "it is built on her own name, e-mail, username or birth date",
}
BOLD, GREEN, RED, PLAIN = ("1", "32", "31", "0")


def styled(text: str, style: str) -> str:
    """The text in a colour, on a terminal; as it is elsewhere."""
    if not sys.stdout.isatty() or "NO_COLOR" in os.environ:
        return text
    return f"\033[{style}m{text}\033[{PLAIN}m"


def step(text: str) -> None:
    """Says what happens next."""
    print(f"\n{styled(text, BOLD)}")


def went_well(text: str) -> None:
    """Says what worked."""
    print(f"  {styled('yes', GREEN)}  {text}")


def refused(text: str, attempt: Callable[[], object]) -> None:
    """Tries something that must be refused, and says how it was."""
    try:
        attempt()
    except RefusedError as refusal:
        print(f"  {styled('no', RED)}   {text}: {refusal}")
        return
    raise SystemExit(f"the demo expected a refusal: {text}")


def deliver(portal: Portal, mailbox: RecordingNotifier) -> str:
    """Has what is due delivered, shows it, and gives the last link's secret back."""
    told_before = len(mailbox.messages)
    portal.work()
    console = ConsoleNotifier(print_links=True)
    links = [""]
    for message in mailbox.messages[told_before:]:
        print("  ", end="")
        console.send(message)
        links.append(message.link or "")
    return links[-1].partition("#")[2]


def activate(portal: Portal, link: str, password: str, born: date = BORN) -> None:
    """Ada, or whoever has her link, wants to have her account."""
    portal.activate(link, date_of_birth=born, username=USERNAME, password=password, security_answers=ANSWERS)


def tour(portal: Portal, mailbox: RecordingNotifier) -> None:
    """Everything that a patient and a practice can do so far."""
    desk = portal.practice(SUSAN)

    step("The practice registers Ada. The portal writes to her:")
    ada = desk.patients.register(ADA)
    link = deliver(portal, mailbox)

    step("Whoever has the link says her birth date first; at the fourth wrong one the link is over:")
    refused("another birth date", lambda: activate(portal, link, PASSWORD, date(1981, 12, 10)))

    step("She opens it and first tries the password 'ada1980':")
    try:
        activate(portal, link, "ada1980")
    except WeakPasswordError as weak:
        for problem in weak.problems:
            print(f"  {styled('no', RED)}   {REASONS[problem.code].format(limit=problem.limit)}")

    step("Then a good one. The link was not used up by the mistake; now it is:")
    activate(portal, link, PASSWORD)
    went_well("her account is active")
    refused("the same link once more", lambda: activate(portal, link, PASSWORD))

    step("She logs in from her computer and from her phone:")
    computer = portal.log_in(USERNAME, PASSWORD, device="computer")
    phone = portal.log_in(USERNAME.upper(), PASSWORD, device="phone")
    went_well("on " + " and ".join(device.name for device in phone.account.devices().items))
    computer.log_off()
    went_well("she logs off on the computer")
    refused("the computer's session, in its next request", lambda: portal.resume(computer.token))
    portal.resume(phone.token)
    went_well("the phone's session goes on")

    step("She has a new e-mail address. A link goes there, and a warning to the old one:")
    phone.account.change_email(PASSWORD, "ada@elsewhere.example")
    told_before = len(mailbox.messages)
    deliver(portal, mailbox)
    confirmation = next(message for message in mailbox.messages[told_before:] if message.link)
    portal.confirm_email((confirmation.link or "").partition("#")[2])
    went_well("it is hers, because she reads it")
    deliver(portal, mailbox)

    step("Somebody guesses her password, four times:")
    for guess in ("harbour lane 1", "harbour lane 2", "harbour lane 3", "harbour lane 4"):
        refused("a wrong password", lambda guess=guess: portal.log_in(USERNAME, guess))  # type: ignore[misc]
    refused("now even the right password", lambda: portal.log_in(USERNAME, PASSWORD))
    deliver(portal, mailbox)

    step("She calls the practice. Its support unlocks her account, without ever seeing a password:")
    desk.support.unlock(ada)
    me = portal.log_in(USERNAME, PASSWORD, device="phone")
    went_well("she is in again")

    see_a_doctor(portal, mailbox, me)
    me = get_back_in(portal, mailbox, me)
    pay_a_bill(portal, mailbox, me)
    renew(portal, mailbox, me)

    step("Her history shows it all, the latest first:")
    for entry in me.account.history().items:
        where = f" on {entry.device}" if entry.device else ""
        print(f"  {entry.at:%H:%M:%S}  {entry.what}{where} (by {entry.by})")
    begin_anew(portal, me)


def see_a_doctor(portal: Portal, mailbox: RecordingNotifier, me: PatientAccess) -> None:
    """A schedule, and a visit that is booked, moved and cancelled."""
    step("Dr Dora publishes her hours: Mondays to Fridays from nine to twelve, by the clocks of the North Building:")
    dora = portal.practice(DORA)
    tomorrow = date.today() + timedelta(days=1)  # noqa: DTZ011 - any day will do
    done = dora.schedule.publish(
        NORTH,
        "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
        opens=time(9),
        closes=time(12),
        visit_length=timedelta(minutes=30),
        first_day=tomorrow,
        last_day=tomorrow + timedelta(days=90),
    )
    went_well(f"{done.added} slots")
    desk = portal.practice(SUSAN)
    desk.providers.put(Provider(id=DORA.id, name=DORA.name))

    step("Ada books the first one, moves to another, and cancels. Mails tell her when and where:")
    first, second, *_ = me.appointments.open_slots().items
    visit_id = me.appointments.book(first.slot_id, "My back hurts")
    went_well(f"booked: {first.starts_at:%A %d %B %H:%M}, {first.place.name}")
    if me.appointments.book(first.slot_id) == visit_id:
        went_well("pressed twice, it is the visit that she has")
    visit_id = me.appointments.reschedule(visit_id, second.slot_id)
    went_well(f"moved: {second.starts_at:%A %d %B %H:%M}")
    deliver(portal, mailbox)
    refused(
        "Dr Dora can't take that slot away any more",
        lambda: dora.schedule.withdraw(after=second.starts_at, before=second.ends_at),
    )
    me.appointments.cancel(visit_id)
    went_well("cancelled, and the slot is anybody's again")
    step("She phones: the desk finds a slot and books it for her:")
    slot = desk.schedule.open_slots(provider_id=DORA.id, limit=1).items[0]
    visit = desk.appointments.get(desk.appointments.book(me.patient_id, slot.slot_id, reason="By phone"))
    went_well(f"{visit.patient_name}, {visit.starts_at:%A %d %B %H:%M}")
    desk.places.put(Place(id=NORTH.id, name="Lake Building", zone=NORTH.zone))
    went_well("the practice renames the building; the mail says it, and so does every list:")
    deliver(portal, mailbox)
    slot = me.appointments.open_slots(limit=1).items[0]
    went_well(f"{slot.provider_name}, {slot.place.name}")


def get_back_in(portal: Portal, mailbox: RecordingNotifier, me: PatientAccess) -> PatientAccess:
    """A forgotten username and password, and the way back."""
    step("Weeks later she has forgotten both her username and her password. She says who she is:")
    challenge = portal.recovery.forgot_username(
        PersonalInformation(
            first_name="ada", last_name="BYRON", date_of_birth=date(1980, 12, 10), email="ada@elsewhere.example"
        )
    )
    assert challenge is not None  # noqa: S101 - this practice asks questions
    for question in challenge.questions:
        print(f"  {question.text}")
    refused(
        "a stranger's answers",
        lambda: portal.recovery.answer(challenge.id, dict.fromkeys(challenge.questions, "no idea")),
    )
    portal.recovery.answer(challenge.id, {question: ANSWERS[question] for question in challenge.questions})
    went_well("her own answers; the mail goes to her stored address")
    link = deliver(portal, mailbox)
    refused("her old password as the new one", lambda: portal.recovery.reset_password(link, PASSWORD))
    portal.recovery.reset_password(link, NEW_PASSWORD)
    went_well("a new password, and every session is over")
    refused("the phone's session", lambda: portal.resume(me.token))
    me = portal.log_in(USERNAME, NEW_PASSWORD, device="phone")
    went_well("she is in")
    deliver(portal, mailbox)
    return me


def get_back_in_by_nist(mailbox: RecordingNotifier) -> None:
    """The way back where no questions are asked."""
    step("Another practice goes by NIST SP 800-63B-4, which forbids security questions. Ada joins there, too:")
    with open_portal("memory://", policy=Policy.nist(zone="America/New_York"), notifier=mailbox) as portal:
        portal.practice(SUSAN).patients.register(ADA)
        link = deliver(portal, mailbox)
        portal.activate(link, date_of_birth=BORN, username=USERNAME, password=PASSWORD)
        for name in ("nobody", f" {USERNAME} "):
            if portal.recovery.forgot_password(name) is None:
                went_well(f"{name!r} has forgotten the password: nothing is asked, and nothing is told")
        portal.recovery.reset_password(deliver(portal, mailbox), NEW_PASSWORD)
        went_well("the link went to her stored address")


def renew(portal: Portal, mailbox: RecordingNotifier, me: PatientAccess) -> None:
    """A medication runs out, and who may give more."""
    dora, locum = portal.practice(DORA), portal.practice(CHARLES)
    step("Her provider has written down what she takes. She is running out, and asks for more:")
    medication_id = dora.medications.record(
        me.patient_id, name="Lisinopril 10 MG Oral Tablet", started_on=date(2026, 1, 5), refills_left=0
    )
    renewal_id = me.medications.request_renewal(medication_id, pharmacy="Corner Pharmacy", note="Down to three.")
    (waiting,) = dora.medications.pending_renewals().items
    went_well(f"on her provider's list: {waiting.medication_name}, {waiting.pharmacy}")
    refused("she asks again on another device", lambda: me.medications.request_renewal(medication_id))
    refused(
        "a provider who didn't prescribe it says yes",
        lambda: locum.medications.approve_renewal(renewal_id, refills=3),
    )
    dora.medications.approve_renewal(renewal_id, refills=3)
    refused("her provider says no after all", lambda: dora.medications.deny_renewal(renewal_id, "No."))
    deliver(portal, mailbox)
    went_well(f"in her inbox: {me.messages.inbox().items[0].body}")
    left = me.medications.get(medication_id).refills_left
    went_well(f"of three refills one is filled with the approval, so that {left} are left")
    again = me.medications.request_renewal(medication_id)
    went_well(
        f"her provider leaves: {portal.practice(SUSAN).medications.reassign(DORA.id, CHARLES.id)} goes to another"
    )
    refused("who left still has it on the screen", lambda: dora.medications.deny_renewal(again, "No."))
    locum.medications.approve_renewal(again, refills=0)


def upload(portal: Portal, me: PatientAccess, number: str, balance: str) -> StatementId:
    """The practice makes a statement of today available."""
    return portal.practice(SUSAN).statements.upload(
        me.patient_id,
        number=number,
        balance=Money.parse(balance, "USD"),
        issued_on=(today := datetime.now(UTC).date()),
        due_on=today + timedelta(days=30),
        document=b"%PDF-1.7 ...",
        media_type="application/pdf",
    )


def pay_a_bill(portal: Portal, mailbox: RecordingNotifier, me: PatientAccess) -> None:
    """A statement, a double click, too much, and a lost answer."""
    step("The practice uploads a statement of 100.00 USD. Its mail says only that it is there:")
    bill = upload(portal, me, "2026-0117", "100.00")
    deliver(portal, mailbox)

    step("She pays 40.00 of it, and her finger slips: the form is sent twice, with one key:")
    for _ in range(2):
        paid = me.statements.pay(bill, Money.parse("40.00", "USD"), source="approve", idempotency_key="this form")
        went_well(f"{paid.amount} {paid.status}; {me.statements.get(bill).remaining} remain")
    lost = me.statements.pay(bill, Money.parse("50.00", "USD"), source="approve_and_lose_answer")
    went_well(f"{lost.amount} {lost.status}: the processor's answer was lost, so a worker will ask it again")
    refused(
        "10.01 more, when only 10.00 remain: what is pending counts",
        lambda: me.statements.pay(bill, Money.parse("10.01", "USD"), source="approve"),
    )
    went_well(f"{me.statements.pay(bill, Pay.FULL, source='approve').amount} for the rest")
    deliver(portal, mailbox)
    print(f"  In her inbox: {me.messages.inbox().items[0].body.splitlines()[0]}")
    asked = me.statements.get(upload(portal, me, "2026-0118", "150.00")).remaining
    deliver(portal, mailbox)
    went_well(f"the next bill of 150.00 doesn't know of that yet: {asked} of it are asked for")


def begin_anew(portal: Portal, me: PatientAccess) -> None:
    """An account that somebody else has ends, and its patient comes back by paper."""
    desk = portal.practice(SUSAN)
    step("It turns out that somebody else has had her account. The practice ends it, and hands her a code on paper:")
    desk.patients.end_account(me.patient_id, email=EMAIL, reason=AccountEndReason.WRONG_PERSON)
    refused("whoever had it is still in", me.account.devices)
    printed = desk.patients.print_invitation(me.patient_id)
    refused("a code that is on no paper", lambda: activate(portal, "0000-0000-0000", PASSWORD))
    refused("the code with another birth date", lambda: activate(portal, printed.code, PASSWORD, date(1981, 12, 10)))
    activate(portal, printed.code.lower(), PASSWORD)
    went_well("with the code and her birth date, the account is hers")


def main() -> None:
    """Runs the tour on a new file and says what to try next."""
    path = Path(tempfile.mkdtemp(prefix="patientportal-")) / "clinic.db"
    mailbox, processor = RecordingNotifier(), SandboxProcessor()
    logging.getLogger("patientportal").addHandler(logging.NullHandler())  # what it would warn of, the tour tells
    with open_portal(f"sqlite:///{path}", zone="America/New_York", notifier=mailbox, payments=processor) as portal:
        print(f"A patient portal on one SQLite file: {path}")
        tour(portal, mailbox)
    get_back_in_by_nist(mailbox)
    step("What to try next:")
    tables = f"sqlite3 {path} '.schema'"
    for what, why in (
        ("python3 dev.py portal", "the whole portal in a browser, with a small practice in it"),
        (tables, "the tables, which a hospital may query"),
        ("python3 dev.py test", "all the tests"),
        ("README.md", "how to put it inside your own app"),
    ):
        print(f"  {what:<{len(tables)}}  {why}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        raise SystemExit(130) from None
