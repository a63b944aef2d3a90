"""An account ends while whoever has it logs in, resets and confirms, from many processes: nothing of it lives on."""

import pytest

from patientportal import AccountLockedError, SessionEndedError, WrongCredentialsError
from patientportal.testing import PASSWORD, Member, desk
from tests.clinics import Call, Clinic, Pace
from tests.races.dealing import codes, dealt, log_in

OWN = "ada.byron@example.org"
NEW = "cobalt anchor 88 sings"


def at_once(clinic: Clinic, member: Member) -> list[Call]:
    """The end, twice, among all that lets somebody in."""
    clinic.portal.log_in(member.username, PASSWORD).account.change_email(PASSWORD, "elsewhere@example.org")
    desk(clinic.portal).support.send_password_reset(member.patient_id)
    clinic.notifier.messages.clear()
    clinic.portal.work()
    links = {str(one.kind): str(one.link).partition("#")[2] for one in clinic.notifier.messages if one.link}
    end: Call = ("end_account", {"patient_id": member.patient_id, "email": OWN})
    reset: Call = ("reset", {"link_secret": links["password_reset"], "password": NEW})
    confirm: Call = ("confirm", {"link_secret": links["confirm_email"]})
    ins = [log_in(member.username, PASSWORD), log_in(member.username, NEW)] * 4
    return [end, end, *[reset] * 3, *[confirm] * 3, *ins]


def test_an_account_that_ends_among_log_ins_resets_and_confirmations_leaves_nobody_in(
    clinic: Clinic, pace: Pace
) -> None:
    seeds = pace.seeds(8)
    members = {seed: clinic.member(f"stranger.{seed}") for seed in seeds}
    answers = clinic.race(*(dealt(at_once(clinic, one), 4, 4, seed=seed) for seed, one in members.items()))
    ends = [one for one in answers if one["call"] == "end_account"]
    assert codes(ends) == {"ok": len(members), "not_found": len(members)}
    others = codes([one for one in answers if one["call"] != "end_account"])
    assert others.keys() <= {"ok", "wrong_credentials", "account_locked", "link_invalid", "weak_password"}
    pace.tell("measured", dict(others))
    for token in (one["token"] for one in answers if "token" in one):
        with pytest.raises(SessionEndedError):
            clinic.portal.resume(token)
    for member in members.values():
        for password in (PASSWORD, NEW):
            with pytest.raises((WrongCredentialsError, AccountLockedError)):
                clinic.portal.log_in(member.username, password)
    for table in ("accounts", "usernames", "security_answers", "recovery_names", "email_changes"):
        assert clinic.rows(f"SELECT count(*) FROM {table}") == [(0,)], table  # noqa: S608 - one of these
    assert clinic.rows("SELECT count(*) FROM sessions WHERE ended_at IS NULL") == [(0,)]
    assert clinic.rows("SELECT count(*) FROM links WHERE status = 'open'") == [(0,)]
    assert clinic.rows("SELECT DISTINCT personal_email FROM personal_records") == [(OWN,)]
    assert clinic.deadlocks() == 0
