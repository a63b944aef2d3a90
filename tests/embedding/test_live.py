"""The examples as a hospital runs them, on both engines: two server processes, a worker, mail, and a double click."""

import json
import re
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from attrs import frozen
from psycopg import sql

from patientportal import Money, Place, PlaceId, StaffId, StatementId
from patientportal.testing import ANSWERS, PASSWORD, activated, desk
from tests.embedding.live import mail_server, served, working
from tests.embedding.site import FROM_US, ZONE, Browser, Got, practice, settings

NEW_PASSWORD = "copper lantern 19 hums"
CLICKS = 8


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of the test's own."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/clinic.db"
        return
    server, name = request.getfixturevalue("postgres_url"), f"live_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield urlsplit(server)._replace(path=f"/{name}").geturl()
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@frozen
class Pages:
    """What a patient does on pages of HTML."""

    browser: Browser

    def log_in(self, password: str) -> int:
        return self.browser.post("/log-in", username="countess", password=password).status

    def book(self) -> Got:
        slot = re.search(r'name="slot_id" value="([^"]+)"', self.browser.get("/visits").text)
        assert slot is not None
        return self.browser.post("/visits/book", slot_id=slot[1], reason="")

    def visits(self) -> int:
        return self.browser.get("/visits").text.count("/cancel")

    def pay(self, bill: StatementId) -> int:
        form = {"amount": "12.50", "currency": "USD", "source": "approve", "key": "one form"}
        return self.browser.post(f"/statements/{bill}/pay", **form).status

    def remains(self) -> str:
        found = re.search(r"\$([0-9.]+) to pay", self.browser.get("/statements").text)
        assert found is not None
        return found[1]

    def forget(self) -> int:
        asked = self.browser.post("/forgot-password", username="countess").text
        challenge = re.search(r'name="challenge" value="([^"]+)"', asked)
        assert challenge is not None
        answers = {f"security_answers.{one}": text for one, text in ANSWERS.items() if one in asked}
        return self.browser.post("/answer", challenge=challenge[1], **answers).status


@frozen
class Api(Pages):
    """The same by an app of theirs."""

    def call(self, path: str, **typed: object) -> Got:
        headers = {"Content-Type": "application/json", "Idempotency-Key": '"one form"'}
        return self.browser.ask("POST", path, FROM_US | headers, json.dumps(typed).encode())

    def log_in(self, password: str) -> int:
        return self.call("/api/log-in", username="countess", password=password).status

    def book(self) -> Got:
        slots = json.loads(self.browser.get("/api/slots").text)["items"]
        return self.call("/api/visits", slot_id=slots[0]["slot_id"])

    def visits(self) -> int:
        return len(json.loads(self.browser.get("/api/visits").text)["items"])

    def pay(self, bill: StatementId) -> int:
        return self.call(f"/api/statements/{bill}/pay", amount="12.50", currency="USD", source="approve").status

    def remains(self) -> str:
        amount: str = json.loads(self.browser.get("/api/statements").text)["items"][0]["remaining"]["amount"]
        return amount

    def forget(self) -> int:
        challenge = json.loads(self.call("/api/forgot-password", username="countess").text)
        answers = {question: ANSWERS[question] for question in challenge["questions"]}
        return self.call("/api/answer", challenge_id=challenge["id"], answers=answers).status


def prepared(environ: dict[str, str]) -> StatementId:
    """A patient who can log in, a provider's hours, and a statement of 100.00."""
    with practice(environ) as (portal, mailbox):
        member, today = activated(portal, mailbox), datetime.now(UTC).date()
        desk(portal).schedule.publish(
            Place(id=PlaceId("north"), name="North Building", zone=ZONE),
            "FREQ=DAILY",
            opens=time(9),
            closes=time(10),
            visit_length=timedelta(minutes=30),
            first_day=today + timedelta(days=1),
            last_day=today + timedelta(days=9),
            provider_id=StaffId("dora"),
        )
        return desk(portal).statements.upload(
            member.patient_id,
            number="1",
            balance=Money.parse("100.00", "USD"),
            issued_on=today - timedelta(days=1),
            due_on=today + timedelta(days=30),
            document=b"%PDF-1.7",
            media_type="application/pdf",
        )


@pytest.mark.parametrize("app", ["flask", "django", "fastapi"])
def test_an_app_runs_on_two_processes_with_a_worker(app: str, url: str, tmp_path: Path) -> None:
    environ = settings(tmp_path, url)
    bill = prepared(environ)
    with mail_server() as (inbox, mail), served(app, environ, tmp_path) as send:
        me = (Api if app == "fastapi" else Pages)(Browser(send))
        assert me.log_in(PASSWORD) in {204, 303}
        assert me.book().status in {200, 303}
        with ThreadPoolExecutor(CLICKS) as at_once:
            counts = [one.result() for one in [at_once.submit(me.visits) for _ in range(CLICKS)]]
            paid = {one.result() for one in [at_once.submit(me.pay, bill) for _ in range(CLICKS)]}
        assert (counts, paid <= {200, 303}, me.remains()) == ([1] * CLICKS, True, "87.50")
        assert me.forget() in {200, 204}
        with working(app, environ | mail, tmp_path):
            link = inbox.link("/reset-password#")
        reset = me.browser.post("/reset-password", link=link, password=NEW_PASSWORD)
        assert reset.status in {200, 303}
        assert me.log_in(PASSWORD) == 409
        assert me.log_in(NEW_PASSWORD) in {204, 303}
