"""What a person reads of an error, a code, an event and a message: what to do now, and at which field."""

import itertools
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta

import pytest
from attrs import evolve

from patientportal import (
    AccountLockedError,
    AmountExceedsBalanceError,
    AnswerProblem,
    AnswerProblemCode,
    AppointmentStatus,
    BadInputError,
    BookingLimit,
    BookingLimitError,
    ConfigurationError,
    Money,
    NotBookedError,
    NotFoundError,
    PasswordProblem,
    PasswordProblemCode,
    PortalError,
    Security,
    SecurityQuestion,
    SlotsBookedError,
    SlotsOverlapError,
    SlotTakenError,
    StatementOverdueError,
    TooBusyError,
    UsernameTakenError,
    WeakAnswersError,
    WeakPasswordError,
    WrongBirthDateError,
    WrongCredentialsError,
)
from patientportal.domain.messages.facts import MessageKind
from patientportal.domain.values.zones import local
from patientportal.words import Said, area, happened, label, message, say
from tests.words.public import messages

SHORT = BadInputError(field="last_name", problem="too_long", limit=100)
PASSWORD = WeakPasswordError(
    problems=(PasswordProblem(PasswordProblemCode.TOO_SHORT, 12), PasswordProblem(PasswordProblemCode.NO_DIGIT))
)
ANSWERS = WeakAnswersError(
    problems=(
        AnswerProblem(SecurityQuestion.FIRST_PET, AnswerProblemCode.IS_RUN),
        AnswerProblem(SecurityQuestion.FIRST_PET, AnswerProblemCode.IS_PERSONAL),
        AnswerProblem(SecurityQuestion.FIRST_JOB_TOWN, AnswerProblemCode.EMPTY),
    )
)


@pytest.mark.parametrize(
    ("error", "english", "spanish"),
    [
        (
            WrongCredentialsError(attempts_left=2),
            "The username or the password is wrong. You can try 2 more times. Then your account is locked.",
            "El usuario o la contraseña no es correcta. Puede probar 2 veces más. Después se bloquea su cuenta.",
        ),
        (
            WrongBirthDateError(attempts_left=1),
            "This is not the birth date that we have. You can try one more time.",
            "Esta no es la fecha de nacimiento que tenemos. Puede probar una vez más.",
        ),
        (
            WrongBirthDateError(attempts_left=0),
            "This is not the birth date that we have. The link has ended. Please call us for a new one.",
            "Esta no es la fecha de nacimiento que tenemos. El enlace ya no sirve. Llámenos para pedir otro.",
        ),
        (
            AmountExceedsBalanceError(remaining=Money.parse("1234.5", "USD")),
            "This is more than what is left to pay: $1,234.50.",
            "Esto es más de lo que falta pagar: $1,234.50.",
        ),
        (
            StatementOverdueError(due_on=date(2026, 11, 1)),
            "This statement was due on November 1, 2026. Ask us to send it again, and then you can pay it.",
            "Este estado de cuenta venció el 1 de noviembre de 2026. Pida que se lo enviemos otra vez y páguelo.",
        ),
        (
            SlotsOverlapError(starts_at=local(datetime(2026, 11, 1, 6, 30, tzinfo=UTC), "America/New_York")),
            "A free time is in the way: Sunday, November 1, 2026, 1:30 AM EST. Withdraw it first.",
            "Una hora libre lo impide: domingo, 1 de noviembre de 2026, 1:30 a.m. EST. Retírela primero.",
        ),
        (
            TooBusyError(queue="hashing", retry_after=timedelta(seconds=2)),
            "Too many people are here right now. Please try again in 2 seconds.",
            "Hay demasiadas personas en este momento. Vuelva a intentarlo en 2 segundos.",
        ),
        (
            NotBookedError(status=AppointmentStatus.CANCELLED),
            "This visit was cancelled. Please book a new one.",
            "Esta cita fue cancelada. Reserve otra, por favor.",
        ),
        (
            BookingLimitError(limit=BookingLimit.NOTICE),
            "This time is too soon to book online. Please choose a later one, or call us.",
            "Esta hora está muy cerca para reservarla en línea. Elija una más tarde, o llámenos.",
        ),
        (
            SlotsBookedError(appointment_ids=("a", "b", "c")),  # type: ignore[arg-type]
            "3 visits are booked at these times. Cancel them first.",
            "Hay 3 citas reservadas a estas horas. Cancélelas primero.",
        ),
        (
            BadInputError(field="started_on", problem="too_early", limit=1900),
            "First day: This day is too early. The first year that we take is 1900.",
            "Primer día: Este día es muy temprano. El primer año que aceptamos es 1900.",
        ),
        (
            BadInputError(field="body", problem="too_long", limit=10_000),
            "Message: Too long. Type 10,000 characters or fewer.",
            "Mensaje: Demasiado largo. Escriba 10,000 caracteres o menos.",
        ),
        (
            BadInputError(field="document", problem="too_long", limit=10 * 2**20),
            "File: This file is too large. It can have up to 10 MB.",
            "Archivo: Este archivo es demasiado grande. Puede tener hasta 10 MB.",
        ),
        (
            BadInputError(field="amount", problem="too_many", limit=2),
            "Amount: Type 2 digits or fewer after the point.",
            "Cantidad: Escriba 2 cifras o menos después del punto.",
        ),
    ],
    ids=itertools.count(1),
)
def test_an_error_is_said_with_all_that_it_carries(error: PortalError, english: str, spanish: str) -> None:
    said = [say(error, country).summary.replace("\u202f", " ").replace("\u00a0", " ") for country in ("en-US", "es-US")]
    assert said == [english, spanish]


def test_a_lock_says_both_ways_out() -> None:
    for error in (AccountLockedError(), WrongCredentialsError(attempts_left=0)):
        english, spanish = (say(error, tag).summary for tag in ("en", "es"))
        assert ("link that we mail you" in english, "call us" in english) == (True, True)
        assert ("enlace que le mandamos" in spanish, "llámenos" in spanish) == (True, True)


def test_what_is_wrong_stands_at_its_field() -> None:
    assert say(SHORT, "en").fields == {"last_name": ("Too long. Type 100 characters or fewer.",)}
    taken = say(UsernameTakenError(), "en")
    assert taken.fields == {"username": (taken.summary,)}
    assert say(AccountLockedError(), "en").fields == {}
    assert say(SlotTakenError(), "es").fields == {"slot_id": (say(SlotTakenError(), "es").summary,)}


def test_every_fault_of_a_password_and_of_each_answer_stands_at_its_field() -> None:
    said = say(PASSWORD, "en")
    assert said.fields == {"password": ("Type 12 characters or more.", "Put in a number.")}
    assert said.summary == "This password is not strong enough."
    assert {name: len(faults) for name, faults in say(ANSWERS, "es").fields.items()} == {
        "security_answers.first_pet": 2,
        "security_answers.first_job_town": 1,
    }


def test_a_field_is_called_as_the_form_calls_it() -> None:
    assert list(say(PASSWORD, "en", rename={"password": "new_password"}).fields) == ["new_password"]
    assert list(say(SHORT, "en", rename={"first_name": "x"}).fields) == ["last_name"]
    email = BadInputError(field="new", problem="bad_format")
    assert say(email, "en").summary.startswith("New entry: ")
    assert say(email, "en", rename={"new": "email"}).summary.startswith("E-mail address: ")
    assert say(email, "en", rename={"new": "another"}).summary.startswith("New entry: ")
    renamed = say(ANSWERS, "en", rename={"security_answers": "q", "security_answers.first_pet": "pet"})
    assert list(renamed.fields) == ["pet", "q.first_job_town"]


def test_several_errors_of_one_form_are_said_together() -> None:
    inner = ExceptionGroup("inner", [PASSWORD, SlotTakenError()])
    group = ExceptionGroup("form", [SHORT, inner, NotFoundError(what="x")])
    said = say(group, "en", rename={"password": "secret"})
    assert said.summary == "Please check 4 things. We could not find this. It may be gone."
    assert list(said.fields) == ["last_name", "secret", "slot_id"]
    twice = say(ExceptionGroup("form", [SHORT, evolve(SHORT, problem="bad_character", limit=None)]), "es")
    assert [len(faults) for faults in twice.fields.values()] == [2]
    assert say(ExceptionGroup("form", [SHORT]), "es").summary == "Revise un dato, por favor."
    with pytest.raises(TypeError, match="ValueError is no PortalError"):
        say(ExceptionGroup("form", [SHORT, ValueError("secret")]), "en")


def test_what_the_library_does_not_know_is_said_as_its_family() -> None:
    in_general = "We cannot use this. Please check it."
    own = say(BadInputError(field="insurance", problem="lapsed"), "en")
    assert own == Said(summary=in_general, fields={"insurance": (in_general,)})
    assert say(BadInputError(field="insurance", problem="too_long"), "en").summary == in_general
    assert happened("of_a_later_release", "es") == "Algo cambió"


def test_an_error_of_the_hosts_own_is_said_as_its_family() -> None:
    """In a process of its own: other tests count the errors of this one."""
    program = (
        "from patientportal import RefusedError\nfrom patientportal.words import say\n"
        "class FullError(RefusedError):\n    code = 'full'\n"
        "print(say(FullError(), 'en') == say(RefusedError(), 'en'))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603 - ours
    assert ran.stdout == "True\n"


def test_no_code_of_a_machine_is_shown() -> None:
    error = ConfigurationError(setting="secret_key", reason="too short")
    for tag in ("en", "es"):
        assert "secret" not in say(error, tag).summary
        assert "short" not in say(error, tag).summary


def test_members_and_events_have_labels() -> None:
    assert (label(AppointmentStatus.NOSHOW, "en"), label(AppointmentStatus.NOSHOW, "es")) == ("Missed", "Perdida")
    assert happened("log_in_failed", "es") == "Alguien no pudo entrar"
    assert area("statements.of_patient", "es") == "Estados de cuenta y pagos"
    for question in SecurityQuestion:
        assert label(question, "en") == question.text
    with pytest.raises(KeyError):
        label(Security.TLS, "en")


def test_what_the_portal_wrote_is_read_in_the_readers_language_and_what_people_wrote_as_they_did() -> None:
    receipt = next(one for one in messages() if one.kind is MessageKind.PAYMENT_RECEIPT)
    told = message(receipt, "es-US")
    assert told.subject == "Recibo de su pago"
    assert told.body == (
        "Recibimos su pago de $12.30 para el estado de cuenta Ю. Gracias.\n\n"
        "Pagado de este estado de cuenta hasta ahora: $12.30 de $12.30."
    )
    assert repr(told) == "Text()"
    older = message(evolve(receipt, facts=None), "es-US")
    assert (older.subject, older.body) == (receipt.subject, receipt.body)


def test_new_directions_are_told_only_where_there_are_some() -> None:
    bodies = [message(one, "en").body for one in messages() if one.kind is MessageKind.RENEWAL_REFILLED]
    assert bodies == [
        "Your provider has approved and refilled Ю.\n\nHow to take it from now on:\n\nЮ",
        "Your provider has approved and refilled Ю.",
    ]


def test_a_language_of_which_there_are_no_texts_is_english() -> None:
    assert say(SHORT, "fr") == say(SHORT, "en")
    assert say(SHORT, "es-419") == say(SHORT, "es-MX")
