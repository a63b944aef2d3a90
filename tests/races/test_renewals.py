"""Many processes on renewals: one request, one decision, one message, and no decision after a cover has ended."""

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from attrs import frozen

from patientportal import MedicationId, Portal, RenewalId, Role, StaffId, StaffMember
from patientportal.adapters.system import new_secret, new_uuid7, utc_now
from patientportal.testing import CheapHasher, Member, portal
from tests.clinics import Answer, Call, Clinic, Pace
from tests.races.dealing import dealt, hold_all_or_nothing, hold_invariants

HOUSE, WILSON = StaffId("dr-house"), StaffId("dr-wilson")
REFILLS = 3
MORE_STEPS_THAN_ANY_HERE = 30
ENDS = ("renewal_approved", "renewal_denied", "renewal_withdrawn", "renewal_expired")


@frozen(kw_only=True)
class Case:
    """A patient, what they take, and what they asked for."""

    member: Member
    token: str
    medication_id: MedicationId
    renewal_id: RenewalId | None = None


def past(clinic: Clinic, ago: timedelta) -> Portal:
    """A portal on the same database, as it was so long ago."""
    return portal(
        store=clinic.portal._env.store,
        notifier=clinic.notifier,
        hasher=CheapHasher(),
        clock=lambda: utc_now() - ago,
        new_id=new_uuid7,
        new_secret=new_secret,
    )


def cases_of(clinic: Clinic, usernames: list[str], *, asked: timedelta | None = None) -> list[Case]:
    """People who each take something, and who asked for more so long ago; all of them join first, as that works."""
    members = [clinic.member(username) for username in usernames]
    return [case(clinic, member, asked=asked) for member in members]


def case(clinic: Clinic, member: Member, *, asked: timedelta | None) -> Case:
    house = clinic.portal.practice(StaffMember(id=HOUSE, name="Greg House", roles={Role.PROVIDER}))
    medication_id = house.medications.record(
        member.patient_id, name="Lisinopril", started_on=date(2026, 1, 1), refills_left=REFILLS
    )
    renewal_id = None
    if asked is not None:
        then = past(clinic, asked).log_in(member.username, member.password)
        renewal_id = then.medications.request_renewal(medication_id)
    token = clinic.portal.log_in(member.username, member.password).token
    return Case(member=member, token=token, medication_id=medication_id, renewal_id=renewal_id)


def decisions(one: Case) -> list[Call]:
    """Every way in which a request ends, twice."""
    by_house = {"by": HOUSE, "renewal_id": one.renewal_id}
    return [
        ("approve", by_house),
        ("deny", by_house),
        ("withdraw_renewal", {"token": one.token, "renewal_id": one.renewal_id}),
        ("expire", {"patient_id": one.member.patient_id}),
        ("discontinue", {"by": HOUSE, "medication_id": one.medication_id}),
    ] * 2


def ended_by(clinic: Clinic, one: Case) -> list[str]:
    """The events that ended a patient's requests."""
    text = "SELECT event_name, event_data ->> 'renewals_ended' FROM events WHERE patient_id = ?"
    found = clinic.rows(text, one.member.patient_id)
    return [name for name, ended in found if name in ENDS or (ended is not None and int(ended))]


def test_of_every_way_to_end_a_request_at_once_exactly_one_does_and_is_told_once(clinic: Clinic, pace: Pace) -> None:
    won: Counter[str] = Counter()
    seeds = pace.seeds(12, 0.5)
    cases = cases_of(clinic, [f"countess.{seed}" for seed in seeds], asked=timedelta(days=15))
    clinic.race(*(dealt(decisions(one), 5, 2, seed=seed) for seed, one in zip(seeds, cases, strict=True)))
    hold_invariants(clinic)
    for one in cases:
        (end,) = ended_by(clinic, one)
        won[end] += 1
        ((status, granted),) = clinic.rows("SELECT status, refills_granted FROM renewals WHERE id = ?", one.renewal_id)
        ((left,),) = clinic.rows("SELECT refills_left FROM medications WHERE id = ?", one.medication_id)
        messages = clinic.rows("SELECT kind FROM inbox_messages WHERE patient_id = ?", one.member.patient_id)
        assert left == REFILLS + (granted - 1 if granted else 0)
        assert (granted is not None) is (end == "renewal_approved")
        assert status == {
            "renewal_approved": "refilled",
            "medication_discontinued": "discontinued",
        }.get(end, end.removeprefix("renewal_"))
        told = {
            "renewal_withdrawn": [],
            "renewal_approved": [("renewal_refilled",)],
        }.get(end, [(end,)])
        assert messages == told
    pace.tell("measured", dict(won))
    assert len(won) > 1, "the same way won each time"


def test_of_twenty_requests_at_once_from_any_device_one_waits(clinic: Clinic, pace: Pace) -> None:
    cases = cases_of(clinic, [f"countess.{seed}" for seed in pace.seeds(3, 0.5)])
    for one in cases:
        call: Call = ("request_renewal", {"token": one.token, "medication_id": one.medication_id})
        answers = clinic.race(dealt([call] * 20, 5, 4))
        assert Counter(answer["code"] for answer in answers) == {"ok": 1, "renewal_pending": 19}
    hold_invariants(clinic)
    assert clinic.rows("SELECT count(*) FROM renewals") == [(len(cases),)]


def test_a_cover_that_ends_between_look_and_decision_decides_nothing_from_then_on(clinic: Clinic, pace: Pace) -> None:
    house = clinic.portal.practice(StaffMember(id=HOUSE, name="Greg House", roles={Role.PROVIDER}))
    answered: Counter[str] = Counter()
    for seed in pace.seeds(3, 0.2):
        house.medications.cover(HOUSE, WILSON, utc_now() + timedelta(days=1))
        names = [f"countess.{seed}.{number}" for number in range(11)]
        cases = cases_of(clinic, names, asked=timedelta(hours=1))
        calls: list[Call] = [("approve", {"by": WILSON, "renewal_id": one.renewal_id}) for one in cases]
        answers = clinic.race(dealt([*calls, ("end_cover", {"prescriber": HOUSE, "instead": WILSON})], 4, 3, seed=seed))
        ((until,),) = clinic.rows("SELECT until FROM covers WHERE prescriber_id = ? AND covering_id = ?", HOUSE, WILSON)
        for one, answer in ((one, said(answers, one)) for one in cases):
            answered[answer["code"]] += 1
            decided = clinic.rows("SELECT decided_at FROM renewals WHERE id = ?", one.renewal_id)
            if answer["code"] == "ok":
                assert moment(decided[0][0]) <= moment(until), "it was decided after the cover had ended"
            else:
                assert (answer["code"], decided) == ("not_prescriber", [(None,)])
    pace.tell("measured", dict(answered))
    hold_invariants(clinic)


def test_a_decision_is_the_prescribers_of_its_moment_while_others_take_over(clinic: Clinic, pace: Pace) -> None:
    won: Counter[str] = Counter()
    seeds = pace.seeds(6, 0.5)
    cases = cases_of(clinic, [f"countess.{seed}" for seed in seeds], asked=timedelta(hours=1))
    calls: list[list[Call]] = [
        [
            ("reassign", {"prescriber": HOUSE, "to": WILSON, "medication_id": one.medication_id}),
            ("approve", {"by": HOUSE, "renewal_id": one.renewal_id}),
            ("approve", {"by": WILSON, "renewal_id": one.renewal_id}),
            to_request(one),
        ]
        for one in cases
    ]
    clinic.race(*(dealt(some, 4, 1, seed=seed) for seed, some in zip(seeds, calls, strict=True)))
    hold_invariants(clinic)
    for one in cases:
        text = "SELECT event_name, at, by_id FROM events WHERE patient_id = ? AND event_name IN (?, ?)"
        found = clinic.rows(text, one.member.patient_id, "renewal_approved", "medication_reassigned")
        ((moved_at, _),) = [(moment(at), by) for name, at, by in found if name == "medication_reassigned"]
        decided = [(moment(at), by) for name, at, by in found if name == "renewal_approved"]
        for at, by in decided:
            assert at <= moved_at if by == HOUSE else moved_at <= at, "somebody decided who didn't prescribe it then"
        ((prescriber, left),) = clinic.rows(
            "SELECT prescriber_id, refills_left FROM medications WHERE id = ?", one.medication_id
        )
        assert (prescriber, left) == (WILSON, REFILLS + len(decided))
        assert len(decided) <= 1
        won.update(by for _, by in decided)
    pace.tell("measured", dict(won))


def test_of_two_who_take_over_at_once_each_medication_goes_to_one(clinic: Clinic, pace: Pace) -> None:
    for seed in pace.seeds(2, 0.2):
        cases = cases_of(clinic, [f"countess.{seed}.{number}" for number in range(8)])
        calls: list[Call] = [("reassign", {"prescriber": HOUSE, "to": to}) for to in (WILSON, "dr-cuddy")] * 2
        answers = clinic.race(dealt(calls, 4, 1, seed=seed))
        assert sum(answer["moved"] for answer in answers) == len(cases)
        pace.tell("measured", [answer["moved"] for answer in answers])
        for one in cases:
            found = clinic.rows("SELECT prescriber_id FROM medications WHERE id = ?", one.medication_id)
            assert found in [[(WILSON,)], [("dr-cuddy",)]]
            text = "SELECT count(*) FROM events WHERE patient_id = ? AND event_name = 'medication_reassigned'"
            assert clinic.rows(text, one.member.patient_id) == [(1,)]
    hold_invariants(clinic)


def said(answers: list[Answer], one: Case) -> Answer:
    (answer,) = (answer for answer in answers if answer.get("renewal_id") == one.renewal_id)
    return answer


def moment(kept: Any) -> datetime:
    """A moment as either engine gives it."""
    return kept if isinstance(kept, datetime) else datetime.fromisoformat(kept)


def to_request(one: Case) -> Call:
    return "request_renewal", {"token": one.token, "medication_id": one.medication_id}


DYING: dict[str, tuple[Callable[[Case], Call], timedelta | None]] = {
    "renewal_requested": (to_request, None),
    "renewal_approved": (lambda one: decisions(one)[0], timedelta(hours=1)),
    "renewal_expired": (lambda one: decisions(one)[3], timedelta(days=15)),
    "medication_discontinued": (lambda one: decisions(one)[4], timedelta(hours=1)),
}


@pytest.mark.parametrize("event", DYING)
def test_a_process_killed_at_any_step_of_a_renewal_has_done_all_or_nothing(
    clinic: Clinic, pace: Pace, event: str
) -> None:
    call, asked = DYING[event]
    for seed in pace.seeds(1, 0.02):
        cases = cases_of(clinic, [f"countess.{seed}.{step}" for step in range(MORE_STEPS_THAN_ANY_HERE)], asked=asked)
        done = hold_all_or_nothing(
            clinic, [call(one) for one in cases], [one.member.patient_id for one in cases], event
        )
        for one, was_done in zip(cases, done, strict=True):
            counts = [
                clinic.rows(f"SELECT count(*) FROM {table} WHERE patient_id = ?", one.member.patient_id)[0][0]  # noqa: S608 - ours
                for table in ("renewals", "inbox_messages")
            ]
            if event == "renewal_requested":
                assert counts == [was_done, 0]
            else:
                assert counts == [1, was_done]
                ((left,),) = clinic.rows("SELECT refills_left FROM medications WHERE id = ?", one.medication_id)
                assert left == REFILLS + (event == "renewal_approved" and was_done)
