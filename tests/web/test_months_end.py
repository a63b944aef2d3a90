"""The billing clerk's month's end in a real browser: one statement after another, and the place isn't lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from patientportal import Money, RecordingNotifier, Role, StaffId, StaffMember, testing
from patientportal.testing import FrozenClock
from tests.web.browser import PHONE, screenshot

CLERK = StaffMember(id=StaffId("clerk"), name="Kim Clerk", roles=frozenset({Role.BILLING}))


def test_statements_are_added_one_after_another(browse: Any, serve_portal: Callable[..., str], tmp_path: Path) -> None:
    portal = testing.portal(notifier=RecordingNotifier(), clock=FrozenClock())
    clinic = testing.clinic(portal)
    bill = tmp_path / "bill.pdf"
    bill.write_bytes(b"%PDF-1.7 of nobody")
    page = browse()
    page.goto(serve_portal(portal, staff=lambda _: CLERK) + "/desk/people")
    page.get_by_label("Name, or part of it").fill("byron")
    page.get_by_role("button", name="Find").click()
    for name, number in (("Ada Byron", "3001"), ("Ben Byron", "3002")):
        page.get_by_role("link", name=name).click()
        page.get_by_role("link", name="Statements").click()
        page.get_by_role("button", name="Add a statement").click()
        page.get_by_label("Statement number").fill(number)
        page.get_by_label("Balance", exact=True).fill("99.90")
        page.get_by_label("The statement as a file").set_input_files(bill)
        if name == "Ada Byron":  # of the second, the days stand there
            for legend, parts in (("Date of the statement", "01/04/2026"), ("Last day to pay", "02/04/2026")):
                group = page.get_by_role("group", name=legend)
                for part, text in zip(("Month", "Day", "Year"), parts.split("/"), strict=True):
                    group.get_by_label(part).fill(text)
        screenshot(page, "add a statement", look=PHONE)
        page.get_by_role("button", name="Add it, and find the next person").click()
        page.get_by_text("The statement was added.").wait_for()
    desk = testing.desk(portal).statements
    added = [desk.of_patient(one.patient_id, limit=1).items[0] for one in (clinic.ada, clinic.ben)]
    assert [(one.number, one.balance) for one in added] == [
        ("3001", Money.parse("99.90", "USD")),
        ("3002", Money.parse("99.90", "USD")),
    ]
    assert len({(one.issued_on, one.due_on) for one in added}) == 1
