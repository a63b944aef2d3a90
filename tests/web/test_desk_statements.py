"""Statements at the desk: a new one, one once more, one taken back, and the billing clerk's month's end."""

import re
from collections.abc import Iterator
from datetime import date
from itertools import count

import pytest
from attrs import frozen
from starlette.testclient import TestClient

from patientportal import Money, Portal, RecordingNotifier, Role, StatementId, StatementStatus, testing
from patientportal.testing import FrozenClock, Member
from tests.web.desk import at_desk
from tests.web.reading import day, words

PDF = ("bill.pdf", b"%PDF-1.7 of nobody", "application/pdf")
NUMBERS = count()


@frozen
class Practice:
    """A portal, billing's browser, and somebody new for each test."""

    portal: Portal
    mailbox: RecordingNotifier
    billing: TestClient

    def member(self) -> Member:
        name = f"patient{next(NUMBERS)}"
        return testing.activated(self.portal, self.mailbox, name, email=f"{name}@example.org")

    def bill(self, member: Member, number: str = "S-1", balance: str = "100.00") -> StatementId:
        return testing.desk(self.portal).statements.upload(
            member.patient_id,
            number=number,
            balance=Money.parse(balance, "USD"),
            issued_on=date(2026, 1, 2),
            due_on=date(2026, 2, 1),
            document=PDF[1],
            media_type=PDF[2],
        )


@pytest.fixture(scope="module")
def practice() -> Iterator[Practice]:
    mailbox = RecordingNotifier()
    with testing.portal(notifier=mailbox, clock=FrozenClock()) as portal, at_desk(portal, Role.BILLING) as billing:
        yield Practice(portal, mailbox, billing)


def form(number: str = "S-1", balance: str = "145.50", **more: str) -> dict[str, str]:
    days = day("issued_on", 2026, 1, 3) | day("due_on", 2026, 2, 3)
    return {"number": number, "balance": balance, "covers_earlier": "yes"} | days | more


def test_a_statement_is_added_and_its_patient_owes_it(practice: Practice) -> None:
    member = practice.member()
    here = f"/desk/people/{member.patient_id}/statements"
    assert "There is no statement now." in words(practice.billing.get(here))
    more = day("posted_until", 2026, 1, 1) | {"covers_earlier": "no"}
    answer = practice.billing.post(f"{here}/new", data=form(**more), files={"document": PDF})
    assert (answer.status_code, answer.headers["location"]) == (303, here)
    page = words(practice.billing.get(here))
    assert "The statement was added." in page
    assert "$145.50 is left to pay of statement S-1, until the end of February 3, 2026." in page
    (kept,) = testing.desk(practice.portal).statements.of_patient(member.patient_id).items
    assert (kept.number, kept.balance, kept.covers_earlier) == ("S-1", Money.parse("145.50", "USD"), False)
    assert kept.posted_until.isoformat() == "2026-01-02T05:00:00+00:00"  # midnight in New York
    shown = words(practice.billing.get(f"/desk/statements/{kept.statement_id}"))
    assert "It is a debt of its own" in shown
    copy = practice.billing.get(f"/desk/statements/{kept.statement_id}/document")
    assert (copy.content, copy.headers["content-type"]) == (PDF[1], "application/pdf")
    assert copy.headers["content-disposition"].startswith("attachment;")


def test_at_a_months_end_the_days_stand_there_already_and_the_next_person_is_a_click_away(practice: Practice) -> None:
    first, second = practice.member(), practice.member()
    sent = form(**day("posted_until", 2026, 1, 1), next="person")
    answer = practice.billing.post(
        f"/desk/people/{first.patient_id}/statements/new", data=sent, files={"document": PDF}
    )
    assert answer.headers["location"] == "/desk/people"
    assert "The statement was added." in words(practice.billing.get("/desk/people"))
    page = practice.billing.get(f"/desk/people/{second.patient_id}/statements/new").text
    for name, value in (("issued_on-day", "3"), ("due_on-month", "2"), ("posted_until-year", "2026")):
        (field,) = [one for one in page.split("<input") if f'name="{name}"' in one]
        assert f'value="{value}"' in field, name


@pytest.mark.parametrize(("language", "symbol"), [("en-US", "$"), ("en-GB", "£"), ("de-CH", "CHF"), ("nonsense", "$")])
def test_a_first_statement_is_in_the_currency_of_the_practices_country(
    practice: Practice, language: str, symbol: str
) -> None:
    here = f"/desk/people/{practice.member().patient_id}/statements/new"
    with at_desk(practice.portal, Role.BILLING, language=language) as billing:
        assert f'aria-hidden="true">{symbol}<' in billing.get(here).text


def test_all_that_is_missing_is_said_at_once_and_what_was_typed_stays(practice: Practice) -> None:
    here = f"/desk/people/{practice.member().patient_id}/statements/new"
    answer = practice.billing.post(here, data={"number": "S-77"})
    assert answer.status_code == 422
    assert 'value="S-77"' in answer.text
    page = words(answer)
    for said in (
        "Balance: Please",
        "Last day to pay: Please",
        "Date of the statement: Please",
        "The statement as a file: There is no file here",
    ):
        assert said in page
    assert "choose the file again" not in page, "there was none"


@pytest.mark.parametrize(
    ("language", "said"), [("en", "Please choose the file again."), ("es", "Elija el archivo otra vez, por favor.")]
)
def test_a_file_that_the_browser_does_not_give_back_is_asked_for_at_its_field_and_all_else_stays(
    practice: Practice, language: str, said: str
) -> None:
    here = f"/desk/people/{practice.member().patient_id}/statements/new"
    sent = form("S-78", "12,50", covers_earlier="no")
    answer = practice.billing.post(here, data=sent, files={"document": PDF}, headers={"Accept-Language": language})
    group = answer.text.partition('for="document"')[2].partition("</div>\n</div>")[0]
    assert said in group
    assert 'aria-describedby="document-hint document-again"' in group
    for value in ("S-78", "12,50", "2026"):
        assert f'value="{value}"' in answer.text
    assert re.search(r'value="no"[^>]* checked', answer.text)
    wrong = practice.billing.post(here, data=form(), files={"document": ("bill.pdf", b"MZ", "application/pdf")})
    assert "choose the file again" not in words(wrong), "that is at fault, and says so"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"balance": "12,50"}, "Please type an amount in digits"),
        (day("due_on", 2026, 1, 1), "This day is too early."),
        (day("issued_on", 2026, 2, 30), "We cannot read this."),
        (day("posted_until", 9999, 12, 31), "This day is too late."),
        ({"number": "x" * 65}, "Too long."),
    ],
)
def test_what_cannot_be_taken_is_said_at_its_field(practice: Practice, changes: dict[str, str], said: str) -> None:
    here = f"/desk/people/{practice.member().patient_id}/statements/new"
    answer = practice.billing.post(here, data=form() | changes, files={"document": PDF})
    assert (answer.status_code, said in words(answer)) == (422, True)
    assert 'class="nhsuk-error-message"' in answer.text


@pytest.mark.parametrize("content", [b"<html><script>alert(1)</script>", b"MZ\x90", b" %PDF-1.7", b""])
def test_a_file_that_lies_about_its_kind_is_not_taken(practice: Practice, content: bytes) -> None:
    member = practice.member()
    here = f"/desk/people/{member.patient_id}/statements/new"
    lying = ("bill.pdf", content, "application/pdf")
    answer = practice.billing.post(here, data=form(), files={"document": lying})
    assert answer.status_code == 422
    assert "The statement as a file: " in words(answer)
    assert testing.desk(practice.portal).statements.of_patient(member.patient_id).items == ()


def test_a_picture_is_kept_as_what_it_is_whatever_the_browser_calls_it(practice: Practice) -> None:
    member = practice.member()
    here = f"/desk/people/{member.patient_id}/statements/new"
    png = ("bill.html", b"\x89PNG\r\n\x1a\n...", "text/html")
    assert practice.billing.post(here, data=form(), files={"document": png}).status_code == 303
    (kept,) = testing.desk(practice.portal).statements.of_patient(member.patient_id).items
    assert testing.desk(practice.portal).statements.document(kept.statement_id).media_type == "image/png"


def test_the_same_statement_sent_twice_is_there_once(practice: Practice) -> None:
    member = practice.member()
    here = f"/desk/people/{member.patient_id}/statements/new"
    answers = [practice.billing.post(here, data=form("S-9"), files={"document": PDF}) for _ in range(2)]
    assert [one.status_code for one in answers] == [303, 409]
    assert "This patient has a statement with this number." in words(answers[1])
    assert len(testing.desk(practice.portal).statements.of_patient(member.patient_id).items) == 1


def test_ten_megabytes_are_taken_and_more_is_not(practice: Practice) -> None:
    here = f"/desk/people/{practice.member().patient_id}/statements/new"
    for length, status in ((10 * 2**20, 303), (10 * 2**20 + 1, 422), (12 * 2**20, 413)):
        large = ("bill.pdf", b"%PDF-".ljust(length, b"0"), "application/pdf")
        answer = practice.billing.post(here, data=form(str(length)), files={"document": large})
        assert answer.status_code == status, length


def test_a_statement_is_sent_again_with_a_new_day(practice: Practice) -> None:
    member = practice.member()
    bill = practice.bill(member)
    here = f"/desk/statements/{bill}/resend"
    assert "can be paid until the end of February 1, 2026" in words(practice.billing.get(here))
    answer = practice.billing.post(here, data=day("due_on", 2025, 12, 1))
    assert (answer.status_code, "This day is too early." in words(answer)) == (422, True)
    assert practice.billing.post(here, data={}).status_code == 422
    answer = practice.billing.post(here, data=day("due_on", 2026, 3, 1))
    assert answer.headers["location"] == f"/desk/people/{member.patient_id}/statements"
    assert testing.desk(practice.portal).statements.get(bill).due_on == date(2026, 3, 1)


def test_a_statement_that_went_to_the_wrong_patient_is_taken_back_from_whom_the_page_names(practice: Practice) -> None:
    member = practice.member()
    bill = practice.bill(member)
    here = f"/desk/statements/{bill}/retract"
    page = words(practice.billing.get(here))
    assert "Statement S-1 over $100.00 is taken back from Ada Byron, born December 10, 1980." in page
    assert "The patient has not opened it yet." in page
    assert practice.billing.post(here, data={}).status_code == 422
    assert practice.billing.post(here, data={"reason": "a whim"}).status_code == 422
    assert testing.desk(practice.portal).statements.get(bill).status is StatementStatus.CURRENT
    back = f"/desk/people/{member.patient_id}/statements"
    for _ in range(2):
        assert practice.billing.post(here, data={"reason": "wrong_patient"}).headers["location"] == back
    page = words(practice.billing.get(back))
    assert "Its patient can't see it any more." in page
    assert "Taken back" in page
    me = practice.portal.log_in(member.username, member.password)
    assert me.statements.all().items == ()
    shown = practice.billing.get(f"/desk/statements/{bill}").text
    assert "/retract" not in shown
    assert "/received" not in shown


def test_the_pages_are_for_the_front_desk_and_billing(practice: Practice) -> None:
    member = practice.member()
    bill = practice.bill(member)
    of_patient = f"/desk/people/{member.patient_id}"
    paths = [f"{of_patient}/statements", f"{of_patient}/statements/new", f"{of_patient}/payments"]
    paths += [f"/desk/statements/{bill}{end}" for end in ("", "/document", "/resend", "/retract", "/received")]
    for role, status in ((Role.FRONT_DESK, 200), (Role.BILLING, 200), (Role.PROVIDER, 403), (Role.SUPPORT, 403)):
        with at_desk(practice.portal, role) as somebody:
            assert {path: somebody.get(path).status_code for path in paths} == dict.fromkeys(paths, status)


def test_what_is_nowhere_is_not_found(practice: Practice) -> None:
    for path in ("/desk/people/nobody/statements", "/desk/people/nobody/statements/new", "/desk/statements/none"):
        assert practice.billing.get(path).status_code == 404, path
    sent = practice.billing.post("/desk/people/nobody/statements/new", data=form(), files={"document": PDF})
    assert sent.status_code == 404
