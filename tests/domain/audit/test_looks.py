"""A look at a patient and a refusal are facts that say by which verb."""

from patientportal.domain.audit import looks
from patientportal.domain.audit.looks import RecordViewed, Refused, StaffRefused, Viewed
from patientportal.domain.staff import NotPermittedError, OwnAccountError


def test_a_look_says_by_which_verb() -> None:
    assert looks.view("patients.get") == Viewed(event=RecordViewed(verb="patients.get"))


def test_a_refusal_says_of_what_and_why() -> None:
    for refusal in (NotPermittedError(verb="support.unlock"), OwnAccountError(verb="support.unlock")):
        expected = Refused(event=StaffRefused(verb="support.unlock", code=refusal.code))
        assert looks.refuse("support.unlock", refusal) == expected
