"""What staff and monitors see: notices that reached nobody, and how long work has been waiting."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from typing import Any

import pytest

from patientportal import (
    AdapterError,
    Answer,
    BadInputError,
    Health,
    NotPermittedError,
    Portal,
    PracticeAccess,
    RecordingNotifier,
    Role,
    StaffId,
    StaffMember,
    Store,
)
from patientportal.domain.notices.notices import FIRST_PAUSE, LEASE
from patientportal.testing import FrozenClock, Member, person

Untouched = Callable[[], AbstractContextManager[None]]
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
NOTHING = Health(oldest_waiting=None, most_overdue=None, has_undelivered=False)


@pytest.fixture
def given_up(usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier, clock: FrozenClock) -> list[str]:
    """Five patients whom no mail reaches, the first two registered at one moment."""
    patients: list[str] = []
    for number in range(5):
        clock.advance(SECOND if number > 1 else timedelta(0))
        patients.append(practice.patients.register(person(email=f"{number}@example.org")))
    notifier.answers = [Answer.NEVER] * len(patients)
    usual.work()
    return patients


def test_what_was_given_up_is_seen_the_oldest_first(practice: PracticeAccess, given_up: list[str]) -> None:
    seen = practice.audit.undelivered().items
    assert [one.patient_id for one in seen] == given_up
    assert {one.patient_name for one in seen} == {"Ada Byron"}
    assert {(one.kind.value, one.tries) for one in seen} == {("invitation", 1)}


def test_it_is_seen_with_when_it_happened_and_not_when_it_was_given_up(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier, clock: FrozenClock
) -> None:
    happened = clock()
    patient_id = practice.patients.register(person())
    notifier.answers = [Answer.LATER, Answer.NEVER]
    for _ in range(2):
        usual.work()
        clock.advance(HOUR)
    (seen,) = practice.audit.undelivered().items
    assert (seen.patient_id, seen.created_at, seen.tries) == (patient_id, happened, 2)


def test_what_was_sent_or_waits_or_became_pointless_is_not_seen(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier
) -> None:
    practice.patients.register(person())
    usual.work()
    practice.patients.deactivate(practice.patients.register(person()))
    practice.patients.register(person())
    notifier.answers = [Answer.LATER]
    usual.work()
    assert practice.audit.undelivered().items == ()
    assert not usual.health().has_undelivered


def test_it_says_nothing_about_anybody(practice: PracticeAccess, given_up: list[str]) -> None:
    assert given_up
    assert "@" not in repr(practice.audit.undelivered())


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 200])
def test_pages_show_everything_once_and_in_order(practice: PracticeAccess, given_up: list[str], limit: int) -> None:
    pages = []
    cursor: str | None = None
    for _ in range(-(-len(given_up) // limit)):
        page = practice.audit.undelivered(limit=limit, cursor=cursor)
        pages.append([one.patient_id for one in page.items])
        cursor = page.next_cursor
    assert cursor is None
    assert [patient_id for ids in pages for patient_id in ids] == given_up


@pytest.mark.parametrize(
    ("arguments", "field"), [({"limit": 0}, "limit"), ({"limit": 201}, "limit"), ({"cursor": "x"}, "cursor")]
)
def test_a_page_that_there_is_not_is_refused(practice: PracticeAccess, arguments: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInputError) as refusal:
        practice.audit.undelivered(**arguments)
    assert refusal.value.field == field


def test_the_front_desk_and_support_see_it_and_providers_do_not(
    usual: Portal, given_up: list[str], untouched: Untouched
) -> None:
    def seen_by(role: Role) -> int:
        member = StaffMember(id=StaffId("staff-2"), name="Sam Staff", roles=frozenset({role}))
        return len(usual.practice(member).audit.undelivered().items)

    assert [seen_by(role) for role in (Role.FRONT_DESK, Role.SUPPORT)] == [len(given_up)] * 2
    with untouched(), pytest.raises(NotPermittedError) as refusal:
        seen_by(Role.PROVIDER)
    assert refusal.value.verb == "audit.undelivered"


def test_it_is_seen_for_ninety_days(
    usual: Portal, practice: PracticeAccess, given_up: list[str], clock: FrozenClock
) -> None:
    clock.advance(timedelta(days=90) - SECOND)
    usual.work()
    assert [one.patient_id for one in practice.audit.undelivered().items] == given_up
    clock.advance(SECOND)
    usual.work()
    assert usual.health() == NOTHING


def test_an_empty_portal_is_well(usual: Portal) -> None:
    assert usual.health() == NOTHING


@pytest.mark.usefixtures("member")
def test_a_portal_whose_work_is_done_is_well(usual: Portal) -> None:
    assert usual.health() == NOTHING


def test_what_is_overdue_grows_by_the_clock_while_nobody_works(
    usual: Portal, practice: PracticeAccess, clock: FrozenClock, untouched: Untouched
) -> None:
    practice.patients.register(person())
    for waited in (timedelta(0), HOUR, 3 * HOUR):
        clock.advance(waited)
        practice.patients.register(person())
    with untouched():
        assert usual.health() == Health(oldest_waiting=4 * HOUR, most_overdue=4 * HOUR, has_undelivered=False)
    usual.work(limit=2)
    assert usual.health() == Health(oldest_waiting=3 * HOUR, most_overdue=3 * HOUR, has_undelivered=False)
    usual.work()
    assert usual.health() == NOTHING


def test_what_waits_for_its_next_try_is_not_overdue_before_it(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier, clock: FrozenClock
) -> None:
    practice.patients.register(person())
    notifier.answers = [Answer.LATER]
    usual.work()
    clock.advance(FIRST_PAUSE - SECOND)
    assert usual.health() == Health(oldest_waiting=FIRST_PAUSE - SECOND, most_overdue=None, has_undelivered=False)
    clock.advance(3 * SECOND)
    assert usual.health() == Health(
        oldest_waiting=FIRST_PAUSE + 2 * SECOND, most_overdue=2 * SECOND, has_undelivered=False
    )


def test_what_a_dead_worker_had_is_overdue_from_the_end_of_its_lease(
    portal_with: Callable[..., Portal], usual: Portal, practice: PracticeAccess, clock: FrozenClock
) -> None:
    class Dying(RecordingNotifier):
        def send(self, message: object) -> Answer:  # noqa: ARG002 - the port's
            raise KeyboardInterrupt

    practice.patients.register(person())
    with pytest.raises(KeyboardInterrupt):
        portal_with(notifier=Dying()).work()
    clock.advance(LEASE - SECOND)
    assert usual.health().most_overdue is None
    clock.advance(2 * SECOND)
    assert usual.health().most_overdue == SECOND


def test_one_that_was_given_up_is_said_and_waits_no_more(usual: Portal, given_up: list[str]) -> None:
    assert given_up
    assert usual.health() == Health(oldest_waiting=None, most_overdue=None, has_undelivered=True)


def test_a_clock_that_was_set_back_makes_no_negative_age(
    usual: Portal, practice: PracticeAccess, clock: FrozenClock
) -> None:
    practice.patients.register(person())
    clock.advance(-HOUR)
    assert usual.health() == Health(oldest_waiting=timedelta(0), most_overdue=timedelta(0), has_undelivered=False)


def test_health_says_nothing_about_anybody(usual: Portal, practice: PracticeAccess, member: Member) -> None:
    practice.support.send_password_reset(member.patient_id)
    assert member.patient_id not in repr(usual.health())


def test_health_raises_what_the_store_raises(portal_with: Callable[..., Portal], store: Store) -> None:
    class Down:
        @contextmanager
        def view(self) -> Iterator[Any]:
            raise AdapterError(adapter="sql", reason="down")
            yield

        transaction = view
        close = store.close

    with pytest.raises(AdapterError):
        portal_with(store=Down()).health()
