"""Many workers on one queue: each notice is told, once unless a worker died with it, and whoever dies delays nobody."""

import os
import random
import signal
from collections import Counter
from contextlib import suppress

from patientportal import Answer as Becomes
from patientportal.domain.notices.notices import LEASE
from patientportal.domain.values.tokens import parsed
from patientportal.testing import ANSWERS, BORN, PASSWORD, person
from patientportal.testing.world import desk
from tests.clinics import Answer, Call, Clinic, Pace

WORKERS = 8
MORE_STEPS_THAN_ANY = 60
AFTER_THE_LEASE_S = LEASE.total_seconds() + 1


def invite(clinic: Clinic, patients: range) -> None:
    practice = desk(clinic.portal)
    for number in patients:
        practice.patients.register(person(email=f"ada.{number}@example.org"))


def everybody_works(clinic: Clinic, *, ahead_s: float = 0, limit: int = 10) -> list[Answer]:
    return clinic.race([[[("work", {"limit": limit})]] for _ in range(WORKERS)], ahead_s=ahead_s)


def hold_told(clinic: Clinic, notices: int) -> Counter[str]:
    """Every notice was told and marked so, with links that work; how often each was."""
    mailed = clinic.mailed()
    times = Counter(message["id"] for message in mailed)
    assert clinic.rows("SELECT status, count(*) FROM deliveries GROUP BY status") == [("sent", notices)]
    assert set(times) == {id_ for (id_,) in clinic.rows("SELECT id FROM deliveries")}
    assert len({(message["id"], message["to"]) for message in mailed}) == notices, "one id, one address"
    kept = {
        bytes(secret)
        for (secret,) in clinic.rows(
            "SELECT secret_hash FROM link_secrets JOIN links ON links.patient_id = link_secrets.patient_id"
            " AND links.id = link_id WHERE status = 'open'"
        )
    }
    tokens = [parsed(message["link"].partition("#")[2], field="link") for message in mailed]
    assert all(token is not None and token.secret_hash in kept for token in tokens), "a dead link was mailed"
    return times


def test_eight_workers_tell_each_notice_once_when_none_of_them_dies(clinic: Clinic, pace: Pace) -> None:
    notices = pace.number(250, 5)
    invite(clinic, range(notices))
    answers = everybody_works(clinic)
    assert {answer["code"] for answer in answers} == {"ok"}
    assert sum(answer["sent"] for answer in answers) == notices
    assert set(hold_told(clinic, notices).values()) == {1}
    pace.tell("measured", f"told by each of {WORKERS} workers: {sorted(answer['sent'] for answer in answers)}")
    assert sum(answer["sent"] > 0 for answer in answers) > 1


def test_what_many_send_again_at_once_while_others_work_is_told_once_and_written_down_once(
    clinic: Clinic, pace: Pace
) -> None:
    notices = pace.number(60, 5)
    invite(clinic, range(notices))
    clinic.notifier.answers = [Becomes.NEVER] * notices
    clinic.portal.work(limit=notices)
    dead = [id_ for (id_,) in clinic.rows("SELECT id FROM deliveries WHERE status = 'dead'")]
    assert len(dead) == notices
    again: list[Call] = [("deliver_again", {"delivery_id": id_}) for id_ in dead]
    answers = clinic.race([*([again] for _ in range(4)), *([[("work", {"limit": 10})]] for _ in range(4))])
    assert {answer["code"] for answer in answers} <= {"ok", "not_undelivered"}
    everybody_works(clinic)
    assert set(hold_told(clinic, notices).values()) == {1}
    assert clinic.rows("SELECT count(*) FROM events WHERE event_name = 'notice_sent_again'") == [(notices,)]


def test_whoever_dies_at_any_step_loses_nothing_and_delays_nobody_beyond_the_lease(clinic: Clinic, pace: Pace) -> None:
    dying: list[Call] = [("die", {"after": at, "what": "work_once", "named": {}}) for at in range(MORE_STEPS_THAN_ANY)]
    for seed in pace.seeds(1, 0.02):
        first = seed * 2 * MORE_STEPS_THAN_ANY
        invite(clinic, range(first, first + MORE_STEPS_THAN_ANY))
        with clinic.start([[[call]] for call in dying], ahead_s=seed * 2 * AFTER_THE_LEASE_S) as race:
            assert race.stdout is not None
            survivors = clinic.recorded(list(race.stdout))
        clinic.bury()
        clinic.hold_whole()
        deaths = min(answer["after"] for answer in survivors)
        assert sorted(answer["after"] for answer in survivors) == list(range(deaths, MORE_STEPS_THAN_ANY))
        everybody_works(clinic, ahead_s=(seed * 2) * AFTER_THE_LEASE_S)
        waiting = clinic.rows("SELECT count(*) FROM deliveries WHERE status = 'waiting'")
        assert 0 < waiting[0][0] < deaths, "what only the dead had waits for their leases"
        everybody_works(clinic, ahead_s=(seed * 2 + 1) * AFTER_THE_LEASE_S)
        alive = {answer["process"] for answer in survivors}
        hold_duplicates(clinic, alive=alive)
    times = hold_told(clinic, len(pace.seeds(1, 0.02)) * MORE_STEPS_THAN_ANY)
    assert 1 < max(times.values()) < 4
    hold_links(clinic)


def hold_duplicates(clinic: Clinic, *, alive: set[int]) -> None:
    """What was told twice was told by somebody who died before they could say so."""
    by_id: dict[str, list[int]] = {}
    for message in clinic.mailed():
        by_id.setdefault(message["id"], []).append(message["process"])
    for processes in by_id.values():
        assert not alive & set(processes[:-1]), "a living worker's notice was told again"


def hold_links(clinic: Clinic) -> None:
    """The first and the last link of a notice that was told twice both lead in."""
    links: dict[str, list[str]] = {}
    for message in clinic.mailed():
        links.setdefault(message["id"], []).append(message["link"].partition("#")[2])
    twice = [secrets for secrets in links.values() if len(secrets) > 1]
    for number, secrets in enumerate(twice):
        clinic.portal.activate(
            secrets[number % 2],
            date_of_birth=BORN,
            username=f"name.{number}",
            password=PASSWORD,
            security_answers=ANSWERS,
        )


def test_workers_that_are_killed_again_and_again_tell_everything_in_the_end(clinic: Clinic, pace: Pace) -> None:
    notices = pace.number(120, 5)
    invite(clinic, range(notices))
    for kill, seed in enumerate(pace.seeds(4, 0.1)):
        told = len(clinic.mailed())
        with clinic.start(
            [[[("work", {"limit": 10})]] for _ in range(WORKERS)], ahead_s=kill * AFTER_THE_LEASE_S
        ) as race:
            more = random.Random(seed).randrange(notices // 8)  # noqa: S311 - for the moment of the kill
            while len(clinic.mailed()) < told + more and race.poll() is None:
                pass
            with suppress(ProcessLookupError):  # all was told before
                os.killpg(race.pid, signal.SIGKILL)
        clinic.bury()
        clinic.hold_whole()
    everybody_works(clinic, ahead_s=(len(pace.seeds(4, 0.1)) + 1) * AFTER_THE_LEASE_S)
    times = hold_told(clinic, notices)
    pace.tell(
        "measured",
        f"{notices} notices, {sum(times.values()) - notices} told twice by {WORKERS} workers and their heirs",
    )
    assert sum(times.values()) - notices <= WORKERS * len(pace.seeds(4, 0.1)), "at most one for each worker that died"
