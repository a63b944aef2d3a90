"""What somebody typed is read as browsers send it, and as people paste it."""

from datetime import date

import pytest

from patientportal import BadInputError, LinkForm, Portal, RecordingNotifier, SecurityQuestion
from patientportal.http import read_answers, read_challenge, read_day, read_link
from patientportal.testing import activated, asked, invited, portal


def test_a_day_is_read_as_browsers_send_it() -> None:
    assert read_day("2024-02-29", field="day") == date(2024, 2, 29)
    assert read_day("", field="day") is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("2026-02-29", "out_of_range"),
        ("0000-01-01", "out_of_range"),
        *(
            (text, "bad_format")
            for text in ("2026-1-5", "20260105", "2026-W01-1", " 2026-01-05", "5.1.2026", "\u0662026-01-05")
        ),
    ],
)
def test_what_is_no_day_is_told_by_the_name_of_its_field(text: str, problem: str) -> None:
    with pytest.raises(BadInputError) as refusal:
        read_day(text, field="on")
    assert (refusal.value.field, refusal.value.problem) == ("on", problem)


def test_the_answers_are_those_fields_that_hold_one() -> None:
    typed = {
        "first_pet": "no",
        "security_answers.first_pet": "Mopsy",
        "security_answers.first_school": "",
        "security_answers.x": "y",
    }
    assert read_answers(typed) == {SecurityQuestion.FIRST_PET: "Mopsy"}
    assert read_answers({}) == {}


def test_who_answers_wrongly_is_asked_the_same_again() -> None:
    with portal(notifier=(box := RecordingNotifier())) as one:
        activated(one, box)
        challenge = asked(one.recovery.forgot_password("countess"))
        form = {"challenge": challenge.id} | {f"security_answers.{question}": "" for question in challenge.questions}
        assert read_challenge(form) == challenge
    assert read_challenge({"security_answers.x": "y"}).questions == ()


@pytest.mark.parametrize("form", LinkForm)
def test_a_link_is_read_whole_or_in_part(form: LinkForm) -> None:
    box = RecordingNotifier()
    with portal(notifier=box, link_form=form) as one:
        _, secret = invited(one, box)
        (link,) = (message.link for message in box.messages)
        assert link is not None
        for pasted in (link, f" {link}\n", secret):
            assert usable(one, read_link(pasted))
    assert read_link(" 7K3F-M2QX-9TWB ") == "7K3F-M2QX-9TWB"
    assert read_link("") == ""


def usable(one: Portal, secret: str) -> bool:
    return one.check_link(secret).asks_birth_date
