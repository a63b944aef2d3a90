"""The small practice: whole on any portal, at any time, and nothing of it is on its way to anybody."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from patientportal import (
    AppointmentStatus,
    LinkForm,
    Money,
    PatientVisit,
    Policy,
    Portal,
    RecordingNotifier,
    SandboxProcessor,
    SqliteStore,
    Store,
    UsernameTakenError,
    Worked,
)
from patientportal.testing import ANSWERS, BORN, PASSWORD, Clinic, FrozenClock, clinic, desk, portal

pytest_plugins = ["pytester"]
Opened = Callable[..., Portal]


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opened]:
    """Opens portals on one store."""
    store: Store | None = None
    if request.param == "sqlite":
        store = SqliteStore(tmp_path / "portal.db", durable=False)
    elif request.param == "postgres":
        store = request.getfixturevalue("emptied_postgres")
    yield lambda **given: portal(store=store, **given)
    if store is not None:
        store.close()


def visits(of: Portal, found: Clinic) -> dict[str, PatientVisit]:
    return {visit.appointment_id: visit for visit in desk(of).appointments.of_patient(found.ada.patient_id).items}


def test_ada_has_a_bit_of_everything_and_each_id_leads_to_it(opened: Opened) -> None:
    mailbox, processor, clock = RecordingNotifier(), SandboxProcessor(), FrozenClock()
    one = opened(notifier=mailbox, payments=processor, clock=clock)
    found = clinic(one)
    me = one.log_in(found.ada.username, PASSWORD)
    kept = visits(one, found)
    assert [kept[one_].status for one_ in (found.fulfilled, found.missed, found.cancelled, *found.ahead)] == [
        AppointmentStatus.FULFILLED,
        AppointmentStatus.NOSHOW,
        AppointmentStatus.CANCELLED,
        AppointmentStatus.BOOKED,
        AppointmentStatus.BOOKED,
    ]
    assert all(kept[past].ends_at < clock() for past in (found.fulfilled, found.missed))
    assert tuple(visit.appointment_id for visit in me.appointments.upcoming().items) == found.ahead
    assert len({(visit.provider_name, visit.visit_type_name) for visit in me.appointments.upcoming().items}) == 2
    assert [request.request_id for request in me.appointments.requests().items] == [found.asked_for]
    current = me.statements.current()
    assert current is not None
    assert (current.statement_id, current.remaining) == (found.current, Money.parse("100.00", "USD"))
    assert {one_.statement_id for one_ in me.statements.all().items} == {found.superseded, found.current}
    assert {one_.medication_id for one_ in me.medications.active().items} == set(found.medications)
    assert {one_.medication_id for one_ in me.medications.all().items} == {*found.medications, found.discontinued}
    assert [one_.renewal_id for one_ in me.medications.renewals().items] == [found.renewal, found.refilled]
    assert [one_.request_id for one_ in me.support.requests().items] == [found.support, found.answered]
    assert me.messages.unread_count() >= 1
    assert len(me.account.devices().items) == 1, "who was in then has logged off"
    assert (mailbox.messages, one.work()) == ([], Worked()), "nothing is on its way"


def test_ben_has_nothing_yet_and_the_invited_can_activate(opened: Opened) -> None:
    one = opened(link_form=LinkForm.PATH)
    found = clinic(one)
    me = one.log_in(found.ben.username, PASSWORD)
    assert (me.appointments.upcoming().items, me.statements.current()) == ((), None)
    assert one.check_link(found.invitation).asks_birth_date
    one.activate(found.invitation, date_of_birth=BORN, username="carol", password=PASSWORD, security_answers=ANSWERS)
    assert found.invitation not in repr(found)


@pytest.mark.parametrize("hours", range(0, 24 * 7, 29))
def test_it_stands_at_any_time_of_a_week(hours: int) -> None:
    clock = FrozenClock(datetime(2026, 10, 24, 23, 59, tzinfo=UTC) + timedelta(hours=hours))
    one = portal(clock=clock, policy=Policy(zone="Europe/Berlin"))
    found = clinic(one)
    assert len(one.log_in(found.ada.username, PASSWORD).appointments.upcoming().items) == 2


def test_it_stands_where_no_questions_are_asked() -> None:
    one = portal(policy=Policy.nist(zone="America/New_York"))
    assert one.log_in(clinic(one).ada.username, PASSWORD).messages.unread_count() > 0


def test_there_is_one_in_a_database() -> None:
    one = portal()
    clinic(one)
    with pytest.raises(UsernameTakenError):
        clinic(one)


def test_a_hosts_own_tests_have_fixtures_and_replace_those_that_they_want_other(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makeconftest('pytest_plugins = ["patientportal.testing.fixtures"]')
    pytester.makepyfile(
        test_usual="""
        from datetime import timedelta

        def test_a_session_ends(portal, member, clock, mailbox, desk):
            assert mailbox.messages == []
            assert portal.log_in(member.username, member.password).ends_at > clock()
            assert desk.patients.get(member.patient_id).patient_id == member.patient_id

        def test_a_clinic(portal, clinic):
            assert portal.log_in(clinic.ada.username, clinic.ada.password).messages.unread_count() > 0
        """,
        test_links="""
        import pytest
        from patientportal import LinkForm
        from patientportal.testing import invited

        @pytest.fixture(params=list(LinkForm))
        def link_form(request):
            return request.param

        def test_either_form_of_a_link(portal, mailbox, link_form):
            invited(portal, mailbox)
            assert ("#" in mailbox.messages[0].link) == (link_form is LinkForm.FRAGMENT)
        """,
    )
    result = pytester.runpytest_subprocess("-q", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=4)
