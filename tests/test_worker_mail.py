"""What a worker in a process of its own is told of the mail server, by the environment and by files of secrets."""

from pathlib import Path

import pytest

from patientportal import Portal, SmtpNotifier
from patientportal.adapters.mail import Letterhead
from patientportal.adapters.smtp_session import FailedError, LogIn
from patientportal.worker import portal_at

SETTINGS = {
    "PATIENTPORTAL_ZONE": "Etc/UTC",
    "PATIENTPORTAL_LINK_BASE_URL": "https://portal.example",
    "PATIENTPORTAL_SMTP_HOST": "127.0.0.1",
    "PATIENTPORTAL_SMTP_SECURITY": "tls",
    "PATIENTPORTAL_SMTP_USERNAME": "portal",
    "PATIENTPORTAL_SENDER": "no-reply@clinic.example",
    "PATIENTPORTAL_PRACTICE": "Lake Clinic",
}


def log_in_of(portal: Portal) -> LogIn:
    notifier = portal._env.notifier
    assert isinstance(notifier, SmtpNotifier)
    assert notifier._log_in is not None
    return notifier._log_in


def letterhead_of(portal: Portal) -> Letterhead:
    notifier = portal._env.notifier
    assert isinstance(notifier, SmtpNotifier)
    return notifier._letterhead


def test_a_token_comes_out_of_a_file_again_for_each_log_in(tmp_path: Path) -> None:
    file = tmp_path / "token"
    given = SETTINGS | {
        "PATIENTPORTAL_SMTP_TOKEN_FILE": str(file),
        "PATIENTPORTAL_PHONE": "+1 202 555 0123",
        "PATIENTPORTAL_REPLY_TO": "desk@clinic.example",
    }
    file.write_text("first\n")
    with portal_at("memory://", given) as one:
        file.write_text("second\n")
        assert log_in_of(one).fresh_token() == "second"
        file.unlink()
        with pytest.raises(FailedError, match="access token failed"):
            log_in_of(one).fresh_token()
        assert letterhead_of(one).phone == "+1 202 555 0123"
        assert str(letterhead_of(one).reply_to) == "Lake Clinic <desk@clinic.example>"
