"""Links as they are mailed, and those of a patient that are still open."""

from datetime import datetime, timedelta
from enum import StrEnum, unique

from patientportal.domain.ids import PatientId
from patientportal.domain.links import Link, LinkStatus, Purpose
from patientportal.domain.tokens import Token
from patientportal.ports.store import Is, Query, Where

PATHS = {
    Purpose.INVITATION: "activate",
    Purpose.EMAIL_CHANGE: "confirm-email",
    Purpose.PASSWORD_RESET: "reset-password",
}


@unique
class LinkForm(StrEnum):
    """Where in a mailed link its secret stands.

    A fragment stays in the browser and reaches no server's log; a path works without a script on the page.
    """

    FRAGMENT = "fragment"
    PATH = "path"


def url(token: Token, purpose: Purpose, *, base_url: str, form: LinkForm) -> str:
    """The link that is mailed.

    >>> token = Token(patient_id=PatientId("p-1"), id="l-1", secret="s" * 43)
    >>> url(token, Purpose.INVITATION, base_url="https://clinic.example", form=LinkForm.FRAGMENT)[:41]
    'https://clinic.example/activate#p-1.l-1.s'
    """
    before = {LinkForm.FRAGMENT: "#", LinkForm.PATH: "/"}[form]
    return f"{base_url}/{PATHS[purpose]}{before}{token.as_text()}"


def made_within(
    period: timedelta, patient_id: PatientId, purpose: Purpose, *, now: datetime, limit: int
) -> Query[Link]:
    """A patient's links of one purpose that were made so recently, whatever became of them."""
    return Query(
        state=Link,
        where=(
            Where("patient_id", Is.EQ, patient_id),
            Where("purpose", Is.EQ, purpose),
            Where("created_at", Is.GT, now - period),
        ),
        order=("created_at", "id"),
        limit=limit,
    )


def open_links_of(patient_id: PatientId, purpose: Purpose | None = None) -> Query[Link]:
    """A patient's links that are neither used nor ended; of one purpose, or of all."""
    of_purpose = () if purpose is None else (Where("purpose", Is.EQ, purpose),)
    return Query(
        state=Link,
        where=(Where("patient_id", Is.EQ, patient_id), Where("status", Is.EQ, LinkStatus.OPEN), *of_purpose),
        order=("id",),
    )
