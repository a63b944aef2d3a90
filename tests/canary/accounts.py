"""A patient's account with a canary in every field and every mistake on the way: invited, activated, in and out."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Any

from attrs import evolve

from patientportal import (
    Answer,
    Asker,
    NoticeKind,
    PatientAccess,
    PersonalInformation,
    PracticeAccess,
    Role,
    SecurityQuestion,
    StaffId,
    StaffMember,
)
from patientportal.application.accounts.recovery import Challenge
from patientportal.testing import asked, last_link_secret
from tests.canary.aviary import Aviary
from tests.canary.canaries import (
    ANSWER,
    ANSWERS,
    BORN,
    BORN_WRITTEN,
    DEVICE,
    EXTERNAL_ID,
    HEALTH,
    NEW_EMAIL,
    NEW_PASSWORD,
    OTHER_USERNAME,
    PASSWORD,
    PERSONAL,
    STAFF_NAME,
    TYPED_AS_USERNAME,
    USERNAME,
    WRONG_PASSWORD,
)


def hand_over(aviary: Aviary, practice: PracticeAccess) -> str:
    """Registers the patient, with every mistake on the way, and gives the link's secret."""
    personal: dict[str, Any] = PERSONAL | {"date_of_birth": BORN}
    for name, value in PERSONAL.items():
        for spoilt in ("\0", "\u2028@ \u202e", "x" * 500):
            aviary.refused(PersonalInformation, **(personal | {name: value + spoilt}))
        aviary.refused(PersonalInformation, **(personal | {name: value.encode()}))
    for no_domain in (".\u2488", ".xn--a", ".\U0001f600"):  # what idna says of these shows the domain
        aviary.refused(PersonalInformation, **(personal | {"email": PERSONAL["email"] + no_domain}))
    aviary.refused(PersonalInformation, **(personal | {"date_of_birth": str(BORN)}))
    aviary.refused(PersonalInformation, **(personal | {"date_of_birth": BORN.replace(year=1811)}))
    aviary.refused(StaffMember, id=StaffId("staff-1"), name=STAFF_NAME + "\0", roles={Role.SUPPORT})
    aviary.refused(aviary.portal.practice, STAFF_NAME)
    person = PersonalInformation(**personal)
    aviary.refused(practice.patients.register, evolve(person, date_of_birth=date(2999, 1, 1)))
    aviary.refused(practice.patients.register, personal)
    aviary.refused(practice.patients.register, person, external_id=EXTERNAL_ID + "\0")
    patient_id = practice.patients.register(person, external_id=EXTERNAL_ID)
    aviary.refused(practice.patients.register, evolve(person, phone=None), external_id=EXTERNAL_ID)
    practice.patients.correct(patient_id, evolve(person, phone=None))
    practice.patients.correct(patient_id, person)
    aviary.refused(practice.patients.correct, patient_id, personal)
    aviary.refused(practice.patients.correct, patient_id, person, external_id=EXTERNAL_ID + "\0")
    aviary.show(practice.patients.all(), practice.patients.find(external_id=EXTERNAL_ID))
    aviary.show(person, practice.patients.get(patient_id))
    aviary.show(practice.patients.find(last_name=PERSONAL["last_name"], date_of_birth=BORN))
    aviary.refused(practice.patients.find, last_name=PERSONAL["last_name"] + "\0", date_of_birth=BORN)
    aviary.refused(practice.patients.get, PERSONAL["email"])
    aviary.refused(practice.support.unlock, patient_id)
    aviary.notifier.answers = [Answer.LATER]
    aviary.show(aviary.portal.work())
    aviary.clock.advance(timedelta(minutes=1))
    aviary.show(aviary.portal.work())
    printed = practice.patients.print_invitation(patient_id)
    aviary.handed_out.append(f".{printed.code}")
    aviary.show(printed)
    aviary.refused(aviary.portal.activate, printed.code, username=USERNAME, password=PASSWORD, security_answers=ANSWERS)
    practice.patients.invite(patient_id)
    aviary.show(aviary.portal.work())
    return last_link_secret(aviary.notifier)


def activate(aviary: Aviary, link: str) -> None:
    """Activates, with every mistake on the way."""
    good: dict[str, Any] = {
        "link_secret": link,
        "date_of_birth": BORN,
        "username": USERNAME,
        "password": PASSWORD,
        "security_answers": ANSWERS,
    }
    for otherwise in (
        {"link_secret": link + "A"},
        {"link_secret": PASSWORD},
        {"link_secret": link.encode()},
        {"date_of_birth": BORN.replace(day=18)},
        {"date_of_birth": BORN_WRITTEN[0]},
        {"date_of_birth": None},
        {"username": USERNAME + "\0"},
        {"username": USERNAME + "\ud800"},
        {"username": USERNAME + " x"},
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
    aviary.refused(door.log_in, USERNAME, PASSWORD, device=DEVICE.encode())
    aviary.refused(door.log_in, USERNAME + "\0", PASSWORD)
    aviary.refused(door.log_in, USERNAME, PASSWORD + "\0")
    me = door.log_in(USERNAME, PASSWORD, device=DEVICE)
    other = door.log_in(USERNAME, PASSWORD, device=DEVICE + "\0")
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
    aviary.show(
        me,
        me.account,
        me.account.devices(),
        me.account.profile(),
        me.account.history(),
        me.account.history(limit=1),
        door.work(),
    )
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
    ways: list[Callable[[], Challenge | None]] = [
        partial(way.forgot_password, USERNAME),
        partial(way.forgot_username, person),
    ]
    for ask in ways:
        challenge = asked(ask())
        aviary.handed_out.append(f".{challenge.id}")
        right = {question: ANSWERS[question] for question in challenge.questions}
        aviary.refused(way.answer, challenge.id, dict.fromkeys(right, WRONG_PASSWORD))
        aviary.refused(way.answer, challenge.id, dict.fromkeys(right, WRONG_PASSWORD + "\0"))
        aviary.refused(way.answer, challenge.id, {WRONG_PASSWORD: PASSWORD})
        aviary.refused(way.answer, challenge.id + "A", right)
        way.answer(challenge.id, right)
        aviary.show(challenge, way, aviary.portal.work())
    aviary.show(asked(way.forgot_password(OTHER_USERNAME)))
    link = str(aviary.notifier.messages[-1].link).partition("#")[2]
    aviary.show(aviary.portal.check_link(link))
    aviary.refused(aviary.portal.check_link, link + "A")
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
    strangers = practice.support.open_requests(of=Asker.STRANGERS)
    aviary.show(me.support, me.support.requests(), practice.support.open_requests(), strangers)
    aviary.refused(practice.support.resolve, request_id, answer=ANSWER + "\0")
    aviary.refused(practice.support.resolve, strangers.items[0].request_id, answer=ANSWER)
    aviary.refused(me.support.get, HEALTH)
    practice.support.resolve(request_id, answer=ANSWER)
    aviary.show(me.support.get(request_id), practice.support.get(request_id), me.messages.inbox(), aviary.portal.work())
    aviary.refused(practice.support.resolve, request_id)
