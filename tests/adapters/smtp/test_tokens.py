"""Where a mail server wants OAuth 2: a fresh token for each log-in, by the mechanism that the server offers."""

import logging
from collections.abc import Callable
from typing import Any

import pytest

from patientportal import Answer, Security
from tests.adapters.smtp.mails import CANARIES, TOKEN, message, said
from tests.adapters.smtp.servers import DROP, Notifying, Served, TokenPost

USER = "mailer,x=y@clinic.example"


@pytest.fixture
def post(served: Served) -> Callable[..., tuple[TokenPost, int]]:
    def start(*left_out: str, security: Security = Security.STARTTLS) -> tuple[TokenPost, int]:
        kept, port = served(security, kind=TokenPost, auth_exclude_mechanism=left_out)
        assert isinstance(kept, TokenPost)
        kept.good = {TOKEN}
        return kept, port

    return start


Start = Callable[..., tuple[TokenPost, int]]


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
def test_a_token_is_shown_as_the_standard_says_where_the_server_knows_it(
    post: Start, notifying: Notifying, security: Security
) -> None:
    kept, port = post(security=security)
    assert notifying(port, security=security, username=USER, token=lambda: TOKEN).send(message()) is Answer.SENT
    expected = f"n,a=mailer=2Cx=3Dy@clinic.example,\1host=localhost\1port={port}\1auth=Bearer {TOKEN}\1\1"
    assert kept.shown == [("OAUTHBEARER", expected.encode())]  # RFC 7628, 3.1
    assert kept.log_ins == []


def test_else_as_the_large_providers_do(post: Start, notifying: Notifying) -> None:
    kept, port = post("OAUTHBEARER")
    assert notifying(port, username=USER, token=lambda: TOKEN).send(message()) is Answer.SENT
    assert kept.shown == [("XOAUTH2", f"user={USER}\1auth=Bearer {TOKEN}\1\1".encode())]


@pytest.mark.parametrize(("left_out", "last"), [((), b"\1"), (("OAUTHBEARER",), b"")])
def test_a_refused_token_is_the_set_ups_fault_and_the_next_mail_asks_for_another(
    post: Start, notifying: Notifying, caplog: pytest.LogCaptureFixture, left_out: tuple[str, ...], last: bytes
) -> None:
    kept, port = post(*left_out)
    tokens = iter(["expired", TOKEN])
    notifier = notifying(port, username=USER, token=lambda: next(tokens))
    assert notifier.send(message()) is Answer.UNREACHED
    assert said(caplog) == ["smtp: log-in refused (535)"]
    assert kept.shown[1][1] == last  # RFC 7628, 3.2.3: the word after which the server says that it refuses
    assert notifier.send(message()) is Answer.SENT


def test_a_kept_connection_needs_no_other_token_and_a_new_one_does(post: Start, notifying: Notifying) -> None:
    kept, port = post()
    tokens = iter([TOKEN] * 9)
    notifier = notifying(port, username=USER, token=lambda: next(tokens))
    assert [notifier.send(message()) for _ in range(3)] == [Answer.SENT] * 3
    kept.says = {"RCPT": DROP}
    notifier.send(message())
    kept.says = {}
    assert notifier.send(message()) is Answer.SENT
    assert len(kept.shown) == 9 - len(list(tokens)) == 2


def test_a_server_that_takes_no_tokens_is_shown_none(
    post: Start, notifying: Notifying, caplog: pytest.LogCaptureFixture
) -> None:
    kept, port = post("OAUTHBEARER", "XOAUTH2")
    assert notifying(port, username=USER, token=lambda: TOKEN).send(message()) is Answer.UNREACHED
    assert kept.shown == []
    assert said(caplog) == ["smtp: log-in refused (504)"]


@pytest.mark.parametrize("gives", [LookupError(TOKEN), None, "", f"{TOKEN}\r\nNOOP", f"{TOKEN}\1", "\u00fc"], ids=repr)
def test_what_is_no_token_reaches_no_server_and_no_log(
    post: Start, notifying: Notifying, caplog: pytest.LogCaptureFixture, gives: Any
) -> None:
    def token() -> Any:
        if isinstance(gives, Exception):
            raise gives
        return gives

    caplog.set_level(logging.DEBUG)
    kept, port = post()
    notifier = notifying(port, username=USER, token=token)
    assert notifier.send(message()) is Answer.UNREACHED
    assert kept.shown == []
    assert said(caplog) == ["smtp: access token failed"]
    shown = [repr(notifier), repr(notifier._log_in), *(str(vars(one)) for one in caplog.records)]
    assert [(canary, text) for canary in CANARIES for text in shown if canary in text] == []


def test_a_token_is_told_to_no_server_whose_certificate_is_anothers(served: Served, notifying: Notifying) -> None:
    kept, port = served(name="mail.other.example", kind=TokenPost)
    assert isinstance(kept, TokenPost)
    assert notifying(port, username=USER, token=lambda: TOKEN).send(message()) is Answer.UNREACHED
    assert kept.shown == []
