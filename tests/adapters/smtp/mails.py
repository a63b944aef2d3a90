"""A mail that is full of canaries, and what is read off one that arrived and off the log."""

from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from attrs import evolve

from patientportal import Message, NoticeKind, PatientId

ADDRESS, NAME, PASSWORD = "ada.canary@example.org", "Adacanary", "pass-canary-4711"
TOKEN = "ya29.canary-4711~token/+_=="
LINK = "https://portal.example/activate#" + "secretcanary" * 12
CANARIES = (ADDRESS, NAME, PASSWORD, TOKEN, LINK, "canary", "portal.example", "mailer")
SECOND = timedelta(seconds=1)


def message(number: int = 1, **changes: Any) -> Message:
    invitation = Message(
        id=f"0198-{number}",
        patient_id=PatientId("p-1"),
        kind=NoticeKind.INVITATION,
        to_email=ADDRESS,
        to_name=NAME,
        language="en",
        link=LINK,
    )
    return evolve(invitation, **changes)


def parts(mail: EmailMessage) -> list[str]:
    return [part.get_content().replace("\r\n", "\n") for part in mail.iter_parts()]


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "patientportal"]
