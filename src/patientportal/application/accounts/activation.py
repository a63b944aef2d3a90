"""Accounts: activate one, change its password and its answers."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from patientportal.application.accounts.birth_dates import confirm, refused_if_wrong
from patientportal.application.accounts.credentials import Reauthentication, Refused, reauthenticated
from patientportal.application.accounts.links import Presented, looked_at, open_links_of, presented
from patientportal.application.accounts.log_in import name_hash, password_problems
from patientportal.application.accounts.recovery_names import recovery_name
from patientportal.application.accounts.sessions import SignedIn, WhileIn, live, open_sessions, session_key
from patientportal.application.environment import Environment
from patientportal.application.saving import Act, by_patient, in_transaction, save, select_all_locked
from patientportal.domain.accounts import (
    activation,
    answers_change,
    birth_dates,
    password_change,
    passwords,
    security_questions,
    usernames,
)
from patientportal.domain.accounts.activation import Account, Activated, Username, UsernameTakenError
from patientportal.domain.accounts.answers_change import AnswersReplaced
from patientportal.domain.accounts.birth_dates import WrongBirthDate
from patientportal.domain.accounts.guards import LogInGuard
from patientportal.domain.accounts.links import Link, LinkInvalidError, LinkSecret, Purpose
from patientportal.domain.accounts.password_change import Changed
from patientportal.domain.accounts.passwords import (
    PasswordProblem,
    PasswordProblemCode,
    Verification,
    WeakPasswordError,
)
from patientportal.domain.accounts.recovery_names import RecoveryName
from patientportal.domain.accounts.security_questions import (
    SecurityAnswer,
    SecurityAnswers,
    SecurityQuestion,
    WeakAnswersError,
)
from patientportal.domain.accounts.sessions import SessionEndedError
from patientportal.domain.errors import BadInputError
from patientportal.domain.events import ANONYMOUS
from patientportal.domain.ids import PatientId
from patientportal.domain.patients.patients import Patient, PersonalRecord
from patientportal.domain.patients.personal import PersonalInformation
from patientportal.domain.values.tokens import Token
from patientportal.ports.store import Key, Transaction, View


def activate(
    env: Environment,
    *,
    link_secret: str,
    date_of_birth: date | None,
    username: str,
    password: str,
    security_answers: Mapping[SecurityQuestion, str] | Mapping[str, str],
) -> PatientId:
    """Gives a patient with an open invitation a username, a password and security answers.

    The link is looked at before anything is hashed, and decided on again when everything is; so is the birth date.
    """
    born = birth_dates.said(date_of_birth)
    name = usernames.chosen(username)
    text = passwords.usable(password)
    answers = _wanted_answers(env, security_answers)
    with env.store.view() as view:
        given = presented(env, view, link_secret)
        record_key = Key(PersonalRecord, (given.patient_id,))
        secret, link, record = looked_at(env, view, given, Purpose.INVITATION, record_key)
        holder = view.find(Key(Username, (name,)))
    if born is None and not given.is_printed and birth_dates.is_asked(link, record=record, policy=env.policy):
        raise BadInputError(field="date_of_birth", problem="empty")
    confirm(env, given, secret, Purpose.INVITATION, born)
    if holder is not None:
        raise UsernameTakenError
    _require_good(env, name=name, password=text, answers=answers, personal=record.personal)
    password_hash = env.hasher.hash(text)
    hashed = _hashed(env, answers)
    outcome = _activated(env, given, secret, born=born, name=name, password_hash=password_hash, answers=hashed)
    refused_if_wrong(outcome, given)
    return given.patient_id


def _wanted_answers(
    env: Environment, answers: Mapping[SecurityQuestion, str] | Mapping[str, str]
) -> dict[SecurityQuestion, str]:
    """Two or more where the practice asks security questions, and none where it doesn't."""
    usable = security_questions.usable_answers(
        answers, at_least=security_questions.ANSWERS_MIN if env.policy.recovery.by_question else 0
    )
    if usable:
        security_questions.require_questions(env.policy)
    return usable


def _require_good(
    env: Environment,
    *,
    name: str,
    password: str,
    answers: Mapping[SecurityQuestion, str],
    personal: PersonalInformation,
) -> None:
    weak = password_problems(env, password, username=name, personal=personal)
    if weak:
        raise WeakPasswordError(problems=weak)
    guessable = security_questions.answer_problems(answers, username=name, password=password, personal=personal)
    if guessable:
        raise WeakAnswersError(problems=guessable)


def _activated(
    env: Environment,
    given: Presented,
    secret: LinkSecret,
    *,
    born: date | None,
    name: str,
    password_hash: str,
    answers: tuple[SecurityAnswer, ...],
) -> Activated | WrongBirthDate:
    patient_id = given.patient_id
    keys: tuple[Key[Any], ...] = (
        Key(LogInGuard, (name_hash(env, name),)),
        Key(Username, (name,)),
        *(Key(kind, (patient_id,)) for kind in (Patient, PersonalRecord, RecoveryName, Account)),
        Key(Link, (patient_id, given.link_id)),
    )

    def body(tx: Transaction) -> Activated | WrongBirthDate:
        guard, holder, patient, record, _, existing, link = tx.get_all(*keys)
        now = env.now()
        if record is None:
            raise LinkInvalidError
        account = Account(
            patient_id=patient_id,
            username=name,
            password_hash=password_hash,
            activated_at=now,
            password_changed_at=now,
        )
        outcome = activation.activate(
            link,
            secret=secret,
            patient=patient,
            record=record,
            born=born,
            holder=holder,
            existing=existing,
            guard=guard,
            recovery_name=recovery_name(env, record),
            account=account,
            answers=SecurityAnswers(patient_id=patient_id, answers=answers) if answers else None,
            now=now,
            policy=env.policy,
        )
        by = Act(patient_id=patient_id, by=ANONYMOUS) if isinstance(outcome, WrongBirthDate) else by_patient(patient_id)
        save(tx, outcome, env=env, act=by, now=now)
        return outcome

    return in_transaction(env, body)


def change_password(env: Environment, who: SignedIn, *, current: str, new: str) -> str:
    """Exchanges a known password and ends every other session; a wrong present one counts toward the lock.

    Returns:
        The session's new token; the one before is dead.
    """
    token = Token(patient_id=who.patient_id, id=who.session_id, secret=env.new_secret())
    require_found = passwords.usable(current, field="current")
    wanted = passwords.usable(new, field="new")
    password_hash = ""

    def look(view: View, account: Account) -> None:
        record = view.find(Key(PersonalRecord, (who.patient_id,)))
        if record is None:
            raise SessionEndedError
        weak = password_problems(env, wanted, username=account.username, personal=record.personal)
        if wanted == require_found:
            weak = (*weak, PasswordProblem(PasswordProblemCode.UNCHANGED))
        if weak:
            raise WeakPasswordError(problems=weak)

    def prepare(verification: Verification) -> None:
        nonlocal password_hash
        password_hash = env.hasher.hash(wanted) if verification.matched else verification.against

    def decide(tx: Transaction, attempt: Reauthentication) -> tuple[Changed | Refused, datetime]:
        open_links, found = select_all_locked(tx, open_links_of(who.patient_id), open_sessions(who.patient_id))
        now = env.now()
        this = next((session for session in found if session.id == who.session_id), None)
        session = live(this, attempt.patient, now=now, env=env)
        outcome = password_change.change(
            attempt.account,
            guard=attempt.guard,
            name_hash=attempt.name_hash,
            verification=attempt.verification,
            password_hash=password_hash,
            open_links=open_links,
            session=session,
            secret_hash=token.secret_hash,
            other_sessions=[other for other in found if other is not this],
            now=now,
            policy=env.policy,
        )
        return outcome, now

    reauthenticated(env, who, password=require_found, look=look, prepare=prepare, decide=decide)
    return token.as_text()


def set_security_answers(
    env: Environment,
    who: SignedIn,
    *,
    password: str,
    answers: Mapping[SecurityQuestion, str] | Mapping[str, str],
) -> None:
    """Replaces what a patient will be asked; a wrong password counts toward the lock."""
    require_found = passwords.usable(password)
    wanted = security_questions.usable_answers(answers)
    hashed: tuple[SecurityAnswer, ...] = ()

    def look(view: View, account: Account) -> None:
        security_questions.require_questions(env.policy)
        record = view.find(Key(PersonalRecord, (who.patient_id,)))
        if record is None:
            raise SessionEndedError
        guessable = security_questions.answer_problems(
            wanted, username=account.username, password=require_found, personal=record.personal
        )
        if guessable:
            raise WeakAnswersError(problems=guessable)

    def prepare(verification: Verification) -> None:
        nonlocal hashed
        if verification.matched:
            hashed = _hashed(env, wanted)

    def decide(tx: Transaction, attempt: Reauthentication) -> tuple[AnswersReplaced | Refused, datetime]:
        _, session = tx.get_all(Key(SecurityAnswers, (who.patient_id,)), session_key(who))
        now = env.now()
        live(session, attempt.patient, now=now, env=env)
        outcome = answers_change.replace(
            attempt.account,
            guard=attempt.guard,
            name_hash=attempt.name_hash,
            verification=attempt.verification,
            answers=SecurityAnswers(patient_id=who.patient_id, answers=hashed),
            now=now,
            policy=env.policy,
        )
        return outcome, now

    reauthenticated(env, who, password=require_found, look=look, prepare=prepare, decide=decide)


def questions_of(env: Environment, who: SignedIn) -> tuple[SecurityQuestion, ...]:
    """Which questions the patient has answered."""
    kept: SecurityAnswers | None
    (kept,) = WhileIn(env.store, who, env).find_all(Key(SecurityAnswers, (who.patient_id,)))
    return () if kept is None else tuple(answer.question for answer in kept.answers)


def _hashed(env: Environment, answers: Mapping[SecurityQuestion, str]) -> tuple[SecurityAnswer, ...]:
    return tuple(
        SecurityAnswer(
            question=question,
            folding=security_questions.FOLDING,
            answer_hash=env.hasher.hash(security_questions.in_form_of(answer, None)),
        )
        for question, answer in answers.items()
    )
