"""Mails go out encrypted after a log-in, in the words of their language, whole or never."""

from typing import Any

import pytest

from patientportal import ENGLISH, Answer, Channel, MailWords, Security
from patientportal.testing import FrozenClock
from tests.adapters.smtp.mails import ADDRESS, LINK, PASSWORD, message, parts, said
from tests.adapters.smtp.servers import LOG_IN, Notifying, Served, free_port


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
def test_a_mail_goes_out_encrypted_after_a_log_in(served: Served, notifying: Notifying, security: Security) -> None:
    post, port = served(security)
    assert notifying(port, security=security, **LOG_IN).send(message()) is Answer.SENT
    assert post.log_ins == [(b"mailer", PASSWORD.encode())]
    assert post.recipients == [ADDRESS]
    (mail,) = post.mails
    text, page = parts(mail)
    assert LINK in text.splitlines()
    assert f'<a href="{LINK}">{LINK}</a>' in page


def test_the_headers_name_the_practice_the_bare_address_and_the_message(served: Served, notifying: Notifying) -> None:
    post, port = served()
    notifier = notifying(port, practice="Dr. Müller, Lake Clinic", clock=FrozenClock())
    notifier.send(message(7))
    notifier.send(message(7))
    mail, again = post.mails
    assert mail["From"].addresses[0].display_name == "Dr. Müller, Lake Clinic"
    assert mail["From"].addresses[0].addr_spec == "no-reply@clinic.example"
    assert mail["To"] == ADDRESS
    assert mail["Subject"] == "Your invitation to the patient portal of Dr. Müller, Lake Clinic"
    assert mail["Date"].datetime == FrozenClock()()
    assert mail["Message-ID"] == again["Message-ID"] == "<0198-7@clinic.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Content-Language"] == "en"
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


def test_answers_go_where_the_practice_reads_them(served: Served, notifying: Notifying) -> None:
    post, port = served()
    notifying(port).send(message())
    notifying(port, reply_to="front.desk@m\u00fcller.example").send(message())
    without, given = post.mails
    assert without["Reply-To"] is None
    (answers_to,) = given["Reply-To"].addresses
    assert (answers_to.display_name, answers_to.addr_spec) == ("Lake Clinic", "front.desk@xn--mller-kva.example")
    assert given["From"].addresses[0].addr_spec == "no-reply@clinic.example"


def test_the_practices_phone_number_stands_where_the_texts_say_how_to_reach_it(
    served: Served, notifying: Notifying
) -> None:
    post, port = served()
    notifying(port, phone="+1 202 555 0123").send(message())
    assert all("Lake Clinic (+1 202 555 0123)" in part for part in parts(post.mails[0]))


def test_no_line_is_longer_than_a_mail_may_have(notifying: Notifying) -> None:
    mail = notifying(1)._written(message(to_name="Ü" * 100, to_email="a" * 64 + "@" + "b.example." * 18 + "org"))
    assert mail is not None
    head, _, body = mail.content.partition(b"\r\n\r\n")
    assert max(len(one) for one in head.split(b"\r\n")) <= 998  # RFC 5322, 2.1.1
    assert max(len(one) for one in body.split(b"\r\n")) <= 78
    assert b"\n" not in mail.content.replace(b"\r\n", b"")


@pytest.mark.parametrize(
    "name", ["$link", "${name}", "$$", "%s", "{0.__class__}", "=?utf-8?q?Eve?=", "Ada\r\nBcc: eve@example.org", "."]
)
def test_a_name_ends_as_literal_text_in_both_parts(served: Served, notifying: Notifying, name: str) -> None:
    post, port = served()
    assert notifying(port).send(message(to_name=name)) is Answer.SENT
    (mail,) = post.mails
    literal = name.replace("\r\n", "\n")
    text, page = parts(mail)
    assert f"Hello {literal}," in text
    assert f"<p>Hello {literal},</p>" in page
    assert mail["Bcc"] is None
    assert mail["To"] == ADDRESS


def test_a_name_brings_no_html_along(served: Served, notifying: Notifying) -> None:
    post, port = served()
    notifying(port).send(message(to_name='<b onload="x">&amp;\''))
    text, page = parts(post.mails[0])
    assert 'Hello <b onload="x">&amp;\',' in text
    assert "<p>Hello &lt;b onload=&quot;x&quot;&gt;&amp;amp;&#x27;,</p>" in page


def test_the_words_are_those_of_the_language(served: Served, notifying: Notifying) -> None:
    post, port = served()
    notifier = notifying(port, words=(ENGLISH, MailWords("es", ENGLISH.words, greeting="Hola $name:")))
    for language in ("es-MX", "de", None):
        notifier.send(message(language=language))
    assert [mail["Content-Language"] for mail in post.mails] == ["es", "en", "en"]
    assert [parts(mail)[0].split()[0] for mail in post.mails] == ["Hola", "Hello", "Hello"]


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
def test_the_certificate_of_another_host_ends_it_before_the_log_in(
    served: Served, notifying: Notifying, caplog: pytest.LogCaptureFixture, security: Security
) -> None:
    post, port = served(security, name="mail.other.example")
    assert notifying(port, security=security, **LOG_IN).send(message()) is Answer.UNREACHED
    assert (post.log_ins, post.mails) == ([], [])
    assert said(caplog) == ["smtp: STARTTLS failed" if security is Security.STARTTLS else "smtp: connection failed"]


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
def test_an_unknown_authority_ends_it_before_the_log_in(
    served: Served, notifying: Notifying, security: Security
) -> None:
    post, port = served(security)
    assert notifying(port, security=security, ssl_context=None, **LOG_IN).send(message()) is Answer.UNREACHED
    assert (post.log_ins, post.mails) == ([], [])


@pytest.mark.parametrize(
    ("address", "a_label"),
    [
        ("ada@müller.example", "ada@xn--mller-kva.example"),
        ("ada@XN--MLLER-KVA.example", "ada@xn--mller-kva.example"),
        ("ada@उदाहरण.भारत", "ada@xn--p1b6ci4b4b3a.xn--h2brj9c"),
    ],
)
@pytest.mark.parametrize("can_smtputf8", [True, False])
def test_an_ascii_mailbox_at_an_international_domain_is_reached_through_any_server(
    served: Served, notifying: Notifying, *, address: str, a_label: str, can_smtputf8: bool
) -> None:
    post, port = served(enable_SMTPUTF8=can_smtputf8)
    assert notifying(port).send(message(to_email=address)) is Answer.SENT
    assert post.recipients == [a_label]
    assert f"\r\nTo: {a_label}\r\n".encode() in post.raw[0]


@pytest.mark.parametrize("address", ["zoë@example.org", "राम@डाटामेल.भारत", "राम@xn--c2bd4bq1db8d.xn--h2brj9c"])
def test_an_international_address_needs_a_server_that_takes_it(
    served: Served, notifying: Notifying, caplog: pytest.LogCaptureFixture, address: str
) -> None:
    post, port = served(enable_SMTPUTF8=True)
    assert notifying(port).send(message(to_email=address)) is Answer.SENT
    assert post.recipients == [address]
    assert f"\r\nTo: {address}\r\n".encode() in post.raw[0]
    plain, port = served(enable_SMTPUTF8=False)
    notifier = notifying(port)
    assert notifier.send(message(to_email=address)) is Answer.NEVER
    assert said(caplog) == ["smtp: recipient needs SMTPUTF8"]
    assert notifier.send(message()) is Answer.SENT
    assert plain.recipients == [ADDRESS]


def test_a_server_that_refuses_what_an_international_address_asks_for_holds_up_no_other_mail(
    served: Served, notifying: Notifying
) -> None:
    post, port = served(enable_SMTPUTF8=True)
    notifier = notifying(port)
    post.says = {"MAIL": "555 no such parameter"}
    assert notifier.send(message(to_email="zoë@example.org")) is Answer.LATER
    assert notifier.send(message()) is Answer.UNREACHED


def test_a_text_message_is_no_mail_and_waits_for_a_notifier_that_sends_it(
    notifying: Notifying, caplog: pytest.LogCaptureFixture
) -> None:
    text = message(channel=Channel.TEXT, to_email=None, to_phone="+13175550123")
    assert notifying(free_port()).send(text) is Answer.LATER
    assert said(caplog) == ["smtp: asked to send a text message"]


@pytest.mark.parametrize(
    "changes",
    [
        {"to_email": "=?utf-8?q?eve?=@example.org"},
        {"to_email": "ada@example.org\r\nRCPT TO:<eve@example.org>"},
        {"to_email": "ada@example.org>,<eve@example.org"},
        {"to_email": "nobody"},
        {"id": "1\r\nBcc: eve@example.org"},
        {"link": None},
    ],
)
def test_what_no_mail_can_be_made_of_is_never_sent(
    notifying: Notifying, caplog: pytest.LogCaptureFixture, changes: dict[str, Any]
) -> None:
    assert notifying(free_port()).send(message(**changes)) is Answer.NEVER
    assert said(caplog) == ["smtp: mail can't be written"]
