"""A notifier is set up safely or refused, and neither it nor its log speaks of anybody."""

import logging
import ssl
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from patientportal import ENGLISH, Answer, ConfigurationError, Security, SmtpNotifier
from tests.adapters.smtp.mails import ADDRESS, CANARIES, LINK, NAME, PASSWORD, TOKEN, message
from tests.adapters.smtp.servers import DROP, LOG_IN, Notifying, Served


def test_neither_logs_nor_shown_values_speak_of_anybody(
    served: Served, notifying: Notifying, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    post, port = served()
    notifier = notifying(port, **LOG_IN)
    shown = [repr(notifier), str(notifier), repr(notifier._written(message()))]
    for verb in ("MAIL", "RCPT", "DATA", "TAKEN"):
        for says in (f"550 5.1.1 <{ADDRESS}> {NAME} {LINK}", f"450 {ADDRESS}", DROP):
            post.says = {verb: says}
            assert notifier.send(message()) is not Answer.SENT
    notifying(port, username="mailer", password="wrong-canary").send(message())
    notifying(port, ssl_context=None, **LOG_IN).send(message())
    notifier.send(message(to_email=f"{ADDRESS}>"))
    shown += [str(vars(record)) for record in caplog.records if record.name == "patientportal"]
    assert len(shown) == 3 + 12 + 3
    assert [(canary, text) for canary in CANARIES for text in shown if canary in text] == []


@pytest.mark.parametrize(
    ("changes", "setting"),
    [
        ({"host": ""}, "host"),
        ({"host": "mail.example\r\n"}, "host"),
        ({"port": 0}, "port"),
        ({"port": 65_536}, "port"),
        ({"security": Security.NONE}, "security"),
        ({"sender": "nobody"}, "sender"),
        ({"sender": "a@clinic.example\r\nBcc: eve@example.org"}, "sender"),
        ({"sender": "Clinic <a@clinic.example>"}, "sender"),
        ({"sender": "zoë@clinic.example"}, "sender"),
        ({"sender": "=?utf-8?q?eve?=@clinic.example"}, "sender"),
        ({"practice": "Clinic\r\nBcc: eve@example.org"}, "practice"),
        ({"practice": " "}, "practice"),
        ({"practice": "=?utf-8?q?Eve?="}, "sender"),
        ({"username": "mailer"}, "password"),
        ({"password": PASSWORD}, "password"),
        ({"username": "mailer", "password": ""}, "password"),
        ({"token": lambda: TOKEN}, "password"),
        ({"token": lambda: TOKEN, **LOG_IN}, "token"),
        ({"username": "mail\u00e9r", "token": lambda: TOKEN}, "password"),
        ({"host": "localhost", "security": Security.NONE, "username": "mailer", "token": lambda: TOKEN}, "password"),
        ({"reply_to": "nobody"}, "reply_to"),
        ({"reply_to": "zo\u00eb@clinic.example"}, "reply_to"),
        ({"reply_to": "=?utf-8?q?eve?=@clinic.example"}, "sender"),
        ({"phone": "call us"}, "phone"),
        ({"username": "mailer", "password": f"{PASSWORD}ü"}, "password"),
        ({"host": "localhost", "security": Security.NONE, **LOG_IN}, "password"),
        ({"words": ()}, "words"),
        ({"words": (ENGLISH, evolve(ENGLISH, language="EN"))}, "words"),
        ({"timeout": timedelta(milliseconds=999)}, "timeout"),
        ({"timeout": timedelta(seconds=61)}, "timeout"),
        ({"ssl_context": ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)}, "ssl_context"),
    ],
)
def test_a_wrong_set_up_is_refused_when_it_is_made(changes: dict[str, Any], setting: str) -> None:
    given = {"host": "smtp.clinic.example", "sender": "no-reply@clinic.example", "practice": "Lake Clinic"}
    with pytest.raises(ConfigurationError) as caught:
        SmtpNotifier(**(given | changes))
    assert caught.value.setting == setting
    assert PASSWORD not in f"{caught.value!r}{caught.value.__context__!r}"


def test_a_sender_at_an_international_domain_sends_from_its_a_label() -> None:
    notifier = SmtpNotifier("smtp.clinic.example", sender="praxis@m\u00fcller.example", practice="Lake Clinic")
    assert notifier._letterhead.sender.addr_spec == "praxis@xn--mller-kva.example"


def test_a_context_that_would_take_any_certificate_or_old_tls_is_refused() -> None:
    careless, old = ssl.create_default_context(), ssl.create_default_context()
    careless.check_hostname = False
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.minimum_version = ssl.TLSVersion.TLSv1_1
    for context in (careless, old):
        with pytest.raises(ConfigurationError, match="ssl_context"):
            SmtpNotifier("smtp.clinic.example", sender="a@clinic.example", practice="Clinic", ssl_context=context)


@pytest.mark.parametrize(("security", "port"), [(Security.STARTTLS, 587), (Security.TLS, 465), (Security.NONE, 25)])
def test_each_security_has_its_usual_port(security: Security, port: int) -> None:
    notifier = SmtpNotifier("localhost", security=security, sender="a@clinic.example", practice="Clinic")
    assert notifier._port == port
