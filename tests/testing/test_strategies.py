"""The strategies give what a store can keep and a portal can meet, and reach what is rare."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, timedelta
from typing import Any

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from patientportal.adapters.sql.migrations import MIGRATIONS, in_words
from patientportal.adapters.sql.statements import Statements
from patientportal.adapters.sqlite import WORDS, SqliteDialect
from patientportal.domain.accounts import passwords as password_rules
from patientportal.domain.accounts import security_questions, usernames
from patientportal.domain.accounts.activation import Account
from patientportal.domain.accounts.guards import LogInGuard
from patientportal.domain.accounts.links import Link, LinkStatus
from patientportal.domain.accounts.log_in import LockedOut
from patientportal.domain.accounts.passwords import PasswordProblemCode, problems, usable
from patientportal.domain.accounts.sessions import Session
from patientportal.domain.events import Actor, ActorKind, Event, Recorded
from patientportal.domain.ids import NOBODY, PatientId
from patientportal.domain.notices.notices import Delivery, DeliveryStatus
from patientportal.domain.patients.patients import Patient
from patientportal.domain.patients.personal import PersonalInformation
from patientportal.domain.policy import PasswordPolicy, Policy
from patientportal.domain.staff import StaffMember
from patientportal.domain.values.tokens import Token, parsed
from patientportal.ports.catalogue import EVENTS, KINDS
from patientportal.testing import person, strategies
from patientportal.testing.registration import register
from patientportal.testing.strategies import WeakPassword

STATEMENTS = Statements(SqliteDialect())
SEEDED = settings(derandomize=True, database=None, max_examples=3000, phases=[Phase.generate])
VALUES = [Actor, PersonalInformation, Policy, StaffMember, Token]

register()


@pytest.fixture(scope="module")
def tables() -> Iterator[sqlite3.Connection]:
    """The tables with every CHECK and without the foreign keys, so that each state can stand alone."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for migration in MIGRATIONS:
        for statement in (*migration.statements, *migration.on_sqlite):
            connection.execute(in_words(statement, WORDS))
    yield connection
    connection.close()


def kept(tables: sqlite3.Connection, state: object) -> object:
    """The state as it is read again; nothing stays in the tables."""
    table = STATEMENTS.tables[type(state)]
    tables.execute("BEGIN")
    tables.execute(*STATEMENTS.inserted(state))
    (row,) = tables.execute(f"SELECT {', '.join(column.name for column in table.columns)} FROM {table.name}")  # noqa: S608
    tables.execute("ROLLBACK")
    return table.decode(row)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_the_database_accepts_every_state_and_gives_it_back(tables: sqlite3.Connection, kind: type[Any]) -> None:
    @given(st.from_type(kind))
    @settings(max_examples=50)
    def check(state: object) -> None:
        assert type(state) is kind
        assert kept(tables, state) == state

    check()


@pytest.mark.parametrize("event", EVENTS.values(), ids=lambda event: event.__name__)
def test_every_event_has_a_strategy(event: type[Event]) -> None:
    @given(st.from_type(event))
    @settings(max_examples=10)
    def check(happened: Event) -> None:
        assert type(happened) is event

    check()


@pytest.mark.parametrize("kind", [*KINDS, *EVENTS.values(), *VALUES], ids=lambda kind: kind.__name__)
def test_no_type_is_left_to_guessing(kind: type[Any]) -> None:
    assert kind in strategies.BY_TYPE


@given(st.from_type(PatientId), st.from_type(Token))
def test_ids_and_tokens_look_like_those_of_a_portal(patient_id: PatientId, token: Token) -> None:
    assert 1 <= len(patient_id) <= 64
    assert parsed(token.as_text(), field="token") == token


def test_strategies_for_everything_that_can_be_recorded_exist() -> None:
    assert {type(find_one(strategies.events(), event)) for event in EVENTS.values()} == set(EVENTS.values())


def find_one(strategy: SearchStrategy[Any], wanted: type) -> object:
    return find(strategy, lambda it: type(it) is wanted, settings=SEEDED)


# What is consistent


def in_order(*moments: Any) -> bool:
    known = [moment for moment in moments if moment is not None]
    return known == sorted(known) and all(moment.tzinfo is UTC for moment in known)


@given(strategies.log_in_guards(attempts=4))
def test_a_guard_counts_towards_its_next_lock(guard: LogInGuard) -> None:
    assert 0 <= guard.failed_since_lock < 4
    assert guard.failed_when_locked in ((0,) if guard.locked_at is None else (4,))


@given(strategies.sessions(), strategies.accounts(), strategies.links(), strategies.patients(), strategies.deliveries())
def test_what_happened_later_isnt_earlier(
    session: Session, account: Account, link: Link, patient: Patient, delivery: Delivery
) -> None:
    assert in_order(session.started_at, session.last_seen_at, session.ended_at)
    assert in_order(account.activated_at, account.password_changed_at)
    assert in_order(account.activated_at, account.locked_at)
    assert in_order(link.created_at, link.last_minted_at)
    assert in_order(patient.registered_at, patient.deactivated_at)
    assert in_order(delivery.created_at, delivery.next_try_at)


@given(strategies.recorded())
def test_a_locked_account_is_somebodys(recorded: Recorded) -> None:
    if isinstance(recorded.event, LockedOut) and recorded.event.account_locked:
        assert recorded.patient_id is not None
    if recorded.by.kind is ActorKind.PATIENT:
        assert recorded.by.id == recorded.patient_id


# What is typed


@given(strategies.usernames().flatmap(lambda name: st.tuples(st.just(name), strategies.spellings(name))))
def test_every_spelling_leads_to_the_same_name(pair: tuple[str, str]) -> None:
    name, spelling = pair
    assert usernames.normalised(spelling) == usernames.normalised(name)


@given(st.data(), strategies.password_policies(), strategies.personal_information())
def test_a_password_satisfies_the_policy_that_it_was_made_for(
    data: st.DataObject, policy: PasswordPolicy, personal: PersonalInformation
) -> None:
    text = data.draw(strategies.passwords(policy, username="countess", personal=personal))
    assert usable(text) == text
    assert problems(text, username="countess", personal=personal, is_listed=False, policy=policy) == ()


@given(st.data(), strategies.password_policies(), strategies.personal_information())
def test_a_weak_password_has_the_problem_that_it_was_made_for(
    data: st.DataObject, policy: PasswordPolicy, personal: PersonalInformation
) -> None:
    weak: WeakPassword = data.draw(strategies.weak_passwords(policy, personal=personal))
    found = problems(
        password_rules.usable(weak.text), username="countess", personal=personal, is_listed=False, policy=policy
    )
    assert weak.problem in found


@given(strategies.security_answers(), strategies.usernames(), strategies.passwords())
def test_the_answers_are_ones_that_activation_takes(answers: Any, username: str, password: str) -> None:
    usable = security_questions.usable_answers(answers)
    name = usernames.normalised(username)
    assert security_questions.answer_problems(usable, username=name, password=password, personal=person()) == ()


# What is rare


RARE: dict[str, tuple[SearchStrategy[Any], Callable[[Any], bool]]] = {
    "locked guard": (strategies.log_in_guards(), lambda guard: guard.locked_at is not None),
    "one attempt left": (strategies.log_in_guards(), lambda guard: guard.failed_attempts == 3),
    "cleared guard": (strategies.log_in_guards(), lambda guard: guard.failed_attempts == 0),
    "one attempt allowed": (strategies.log_in_guards(attempts=1), lambda guard: guard.failed_attempts == 1),
    "locked account": (strategies.accounts(), lambda account: account.locked_at is not None),
    "changed password": (strategies.accounts(), lambda a: a.password_changed_at > a.activated_at),
    "deactivated patient": (strategies.patients(), lambda patient: not patient.is_active),
    "used link": (strategies.links(), lambda link: link.status is LinkStatus.USED),
    "link that was ended untold": (
        strategies.links(),
        lambda link: link.status is LinkStatus.ENDED and link.last_minted_at is None,
    ),
    "ended session": (strategies.sessions(), lambda session: session.ended_at is not None),
    "session never used": (strategies.sessions(), lambda session: session.last_seen_at == session.started_at),
    "device without a name": (strategies.sessions(), lambda session: session.device == ""),
    "leased delivery": (strategies.deliveries(), lambda delivery: delivery.lease is not None),
    "dead delivery after the last try": (
        strategies.deliveries(),
        lambda delivery: delivery.status is DeliveryStatus.DEAD and delivery.tries == 12,
    ),
    "guess at nobody's name": (strategies.recorded(), lambda recorded: recorded.patient_id == NOBODY),
    "act of support": (strategies.recorded(), lambda recorded: recorded.by.role == "support"),
    "moment between two milliseconds": (strategies.moments(), lambda moment: moment.microsecond % 1000 != 0),
    "session with a skewed clock": (strategies.sessions(skewed=True), lambda s: s.last_seen_at < s.started_at),
    "policy whose limits are one": (strategies.policies(), lambda p: p.sessions.idle == p.sessions.absolute),
    "policy with the shortest lock": (
        strategies.policies(),
        lambda policy: policy.lockout.unlock_after == timedelta(minutes=1),
    ),
}


@pytest.mark.parametrize(("strategy", "condition"), RARE.values(), ids=RARE)
def test_the_rare_is_reached(strategy: SearchStrategy[Any], condition: Callable[[Any], bool]) -> None:
    assert condition(find(strategy, condition, settings=SEEDED))


@pytest.mark.parametrize("code", sorted(set(PasswordProblemCode) - {PasswordProblemCode.UNCHANGED}))
def test_every_problem_of_a_password_is_reached(code: PasswordProblemCode) -> None:
    personal = PersonalInformation(
        first_name="Ada", last_name="Byron", date_of_birth=strategies.EARLIEST.date(), email="ada.byron@example.org"
    )
    found = find(strategies.weak_passwords(personal=personal), lambda it: it.problem.code is code, settings=SEEDED)
    assert found.problem.code is code


# The entry point


def run(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)  # noqa: S603
    return done.stdout.strip()


def test_importing_hypothesis_first_is_enough() -> None:
    program = """if True:
        from hypothesis import find, strategies as st
        from patientportal.testing.registration import register
        register()
        from patientportal.domain.accounts.guards import LogInGuard
        print(type(find(st.from_type(LogInGuard), lambda guard: guard.locked_at is not None)).__name__)
    """
    assert run(program) == "LogInGuard"


def test_importing_the_domain_first_is_enough() -> None:
    program = """if True:
        from patientportal.domain.accounts.guards import LogInGuard
        from hypothesis import find, strategies as st
        from patientportal.testing.registration import register
        register()
        print(type(find(st.from_type(LogInGuard), lambda guard: guard.locked_at is not None)).__name__)
    """
    assert run(program) == "LogInGuard"


def test_registering_twice_watches_once() -> None:
    program = """if True:
        import sys
        from patientportal.testing.registration import WATCHED, register
        for name in [name for name in sys.modules if name.startswith(WATCHED)]:
            del sys.modules[name]
        before = len(sys.meta_path)
        register()
        register()
        print(len(sys.meta_path) - before)
        import patientportal.domain
        print(len(sys.meta_path) - before)
    """
    assert run(program).split() == ["1", "0"]


def test_a_broken_domain_leaves_hypothesis_as_it_is() -> None:
    program = """if True:
        import sys
        from patientportal.testing.registration import register
        sys.modules["patientportal.testing.strategies"] = None
        register()
        from hypothesis import find, strategies as st
        print(find(st.integers(), lambda number: number > 5))
    """
    assert run(program) == "6"
