"""Getting back in: a question, an answer, a mailed link, a new password; alike for known and unknown people."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from attrs import evolve, field, frozen

from patientportal.application.accounts import link_requests
from patientportal.application.accounts.birth_dates import confirm
from patientportal.application.accounts.links import (
    looked_at,
    made_within,
    open_links_of,
    presented,
)
from patientportal.application.accounts.log_in import name_hash, password_problems
from patientportal.application.accounts.recovery_names import person_hash
from patientportal.application.accounts.sessions import open_sessions
from patientportal.application.environment import Environment
from patientportal.application.log_lines import log_line
from patientportal.application.saving import Act, by_patient, in_transaction, save, select_all_locked, select_locked
from patientportal.domain.accounts import birth_dates, challenge_ids, challenges, password_reset, passwords, usernames
from patientportal.domain.accounts import security_questions as questions
from patientportal.domain.accounts.activation import Account, Username
from patientportal.domain.accounts.challenges import (
    MAILS_WITHIN,
    Answered,
    AnsweredInVain,
    AnsweredWrongly,
    AnswersChecked,
    Flow,
    RecoveryChallenge,
    RecoveryGuard,
    WrongAnswerError,
)
from patientportal.domain.accounts.guards import LogInGuard
from patientportal.domain.accounts.links import Link, Purpose
from patientportal.domain.accounts.passwords import PasswordProblem, PasswordProblemCode, WeakPasswordError
from patientportal.domain.accounts.recovery_names import RecoveryName
from patientportal.domain.accounts.security_questions import SecurityAnswers, SecurityQuestion
from patientportal.domain.events import ANONYMOUS
from patientportal.domain.ids import NOBODY, LinkId, PatientId
from patientportal.domain.patients.patients import Patient, PersonalRecord
from patientportal.domain.patients.personal import PersonalInformation
from patientportal.domain.patients.search_words import name_word
from patientportal.domain.values.emails import routed
from patientportal.domain.values.types import of_type
from patientportal.ports.store import Is, Key, Query, Transaction, View, Where

QUESTIONS = {Flow.PASSWORD: 1, Flow.USERNAME: 2}
ALIKE_MAX = 100


@frozen(kw_only=True)
class Challenge:
    """What somebody who can't log in is asked.

    Attributes:
        id: name it by this when answering; a secret of whoever asked.
        questions: to be answered, all of them.
    """

    id: str = field(repr=False)
    questions: tuple[SecurityQuestion, ...] = field(repr=False)


def forgot_password(env: Environment, username: str) -> Challenge | None:
    """Asks one question, of a name that nobody has always the same one; or has a link mailed, where none is asked."""
    name = usernames.normalised(username)
    with env.store.view() as view:
        holder = view.find(Key(Username, (name,)))
        patient_id = NOBODY if holder is None else holder.patient_id
        if env.policy.recovery.by_question:
            return _started(env, view, Flow.PASSWORD, patient_id, nobody=f"name\0{name}")
    link_requests.request(env, Flow.PASSWORD, patient_id, named=name)
    return None


def forgot_username(env: Environment, personal: PersonalInformation) -> Challenge | None:
    """Asks two questions, of a person whom nobody is always the same; or has a link mailed, where none is asked."""
    of_type(personal, PersonalInformation, field="personal")
    told = _comparable(personal, env)
    is_alike = Where("person_hash", Is.EQ, person_hash(env, personal))
    query = Query(state=RecoveryName, where=(is_alike,), order=("patient_id",), limit=ALIKE_MAX)
    with env.store.view() as view:
        alike = [one.patient_id for one in view.select(query)] or [NOBODY]
        records = view.find_all(*(Key(PersonalRecord, (patient_id,)) for patient_id in alike))
        same = [one.patient_id for one in records if one is not None and _comparable(one.personal, env) == told]
        patient_id = same[0] if len(same) == 1 else NOBODY
        if env.policy.recovery.by_question:
            return _started(env, view, Flow.USERNAME, patient_id, nobody="person\0" + "\0".join(told))
    link_requests.request(env, Flow.USERNAME, patient_id, named="\0".join(told))
    return None


def _comparable(personal: PersonalInformation, env: Environment) -> tuple[str, ...]:
    """What must match, tolerant of case, accents and punctuation; of an address, tolerant of case."""
    policy = env.policy.recovery
    return (
        str(personal.date_of_birth or ""),
        name_word(personal.last_name),
        name_word(personal.first_name) if policy.match_first_name else "",
        routed(personal.email or "").casefold() if policy.match_email else "",
    )


def _started(env: Environment, view: View, flow: Flow, patient_id: PatientId, *, nobody: str) -> Challenge:
    """Asks; whoever isn't known is asked in the same way, about themselves as far as they were named.

    Nothing is kept of it, so that whoever asks takes nothing from whom it is about.
    """
    answers = view.find(Key(SecurityAnswers, (patient_id,)))
    subject = f"nobody\0{nobody}" if answers is None else _subject(patient_id)
    known = tuple(SecurityQuestion) if answers is None else tuple(answer.question for answer in answers.answers)
    hashed = _keyed(env, subject)
    guard = view.find(Key(RecoveryGuard, (hashed,)))
    now = env.now()
    challenges.require_open(guard, now=now, policy=env.policy)
    challenge = RecoveryChallenge(
        patient_id=NOBODY if answers is None else patient_id,
        subject_hash=hashed,
        flow=flow,
        questions=_picked(env, known, subject, QUESTIONS[flow]),
        started_at=now,
    )
    return Challenge(id=challenge_ids.written(challenge, key=env.secret_key), questions=challenge.questions)


def subject_hash(env: Environment, patient_id: PatientId) -> bytes:
    """The key of what is counted of wrong answers to a patient's questions."""
    return _keyed(env, _subject(patient_id))


def _subject(patient_id: PatientId) -> str:
    return f"patient\0{patient_id}"


def _keyed(env: Environment, text: str) -> bytes:
    return hmac.digest(env.secret_key, b"recovery\0" + text.encode(), hashlib.sha256)


def _picked(
    env: Environment, known: Sequence[SecurityQuestion], subject: str, number: int
) -> tuple[SecurityQuestion, ...]:
    """The same ones whenever this is asked about the same subject."""
    return tuple(sorted(known, key=lambda question: _keyed(env, f"{subject}\0{question.value}"))[:number])


def answer(env: Environment, challenge_id: str, answers: Mapping[SecurityQuestion, str] | Mapping[str, str]) -> None:
    """Has a link mailed for right answers; each question costs one hash, whoever is asked."""
    found = challenge_ids.read(challenge_id, field="challenge_id", key=env.secret_key)
    given = questions.usable_answers(answers, at_least=1)
    challenge = challenges.asked(found, now=env.now(), policy=env.policy)
    guard, stored = env.store.find_all(
        Key(RecoveryGuard, (challenge.subject_hash,)), Key(SecurityAnswers, (challenge.patient_id,))
    )
    questions.require_asked(given, challenge.questions)
    challenges.require_open(guard, now=env.now(), policy=env.policy)
    kept = challenges.expected(challenge, stored)
    said = [questions.in_form_of(given[q], one) for q, one in zip(challenge.questions, kept, strict=True)]
    against = tuple(env.hasher.decoy() if one is None else one.answer_hash for one in kept)
    fits = [env.hasher.verify(one, hashed) for one, hashed in zip(said, against, strict=True)]
    outcome = _answered(env, challenge, AnswersChecked(against=against, matched=all(fits)))
    if isinstance(outcome, AnsweredWrongly):
        log_line("answer_refused", patient_id=challenge.patient_id, attempts_left=outcome.attempts_left)
        raise WrongAnswerError(attempts_left=outcome.attempts_left)


def _answered(
    env: Environment, challenge: RecoveryChallenge, checked: AnswersChecked
) -> Answered | AnsweredInVain | AnsweredWrongly:
    link_id = LinkId(env.new_id())
    owner = (challenge.patient_id,)

    def body(tx: Transaction) -> Answered | AnsweredInVain | AnsweredWrongly:
        guard, patient, account, stored = tx.get_all(
            Key(RecoveryGuard, (challenge.subject_hash,)),
            Key(Patient, owner),
            Key(Account, owner),
            Key(SecurityAnswers, owner),
        )
        open_links = select_locked(tx, open_links_of(challenge.patient_id, Purpose.PASSWORD_RESET))
        now = env.now()
        limit = env.policy.recovery.mails_an_hour
        mailed = made_within(MAILS_WITHIN, challenge.patient_id, Purpose.PASSWORD_RESET, now=now, limit=limit)
        outcome = challenges.answer(
            challenge,
            guard=guard,
            patient=patient,
            account=account,
            answers=stored,
            checked=checked,
            open_links=open_links,
            linked_since=bool(tx.select(_linked_since(challenge, now))),
            mailed=len(tx.select(mailed)),
            link_id=link_id,
            now=now,
            policy=env.policy,
        )
        save(tx, outcome, env=env, act=Act(patient_id=challenge.patient_id, by=ANONYMOUS), now=now)
        return outcome

    return in_transaction(env, body)


def _linked_since(challenge: RecoveryChallenge, now: datetime) -> Query[Link]:
    """The links for a new password since this was asked; a clock that was set back since makes none of them."""
    query = made_within(now - challenge.started_at, challenge.patient_id, Purpose.PASSWORD_RESET, now=now, limit=1)
    return evolve(query, where=(*query.where, Where("created_at", Is.LE, now)))


def reset_password(env: Environment, link_secret: str, new_password: str, *, date_of_birth: date | None) -> None:
    """Sets a new password for whoever holds the link; whoever holds it on paper says the birth date first.

    The link is looked at before anything is hashed, and decided on again when everything is.
    """
    wanted = passwords.usable(new_password, field="new_password")
    born = birth_dates.said(date_of_birth)
    with env.store.view() as view:
        given = presented(env, view, link_secret)
        needed = (Key(Account, (given.patient_id,)), Key(PersonalRecord, (given.patient_id,)))
        secret, _, account, record = looked_at(env, view, given, Purpose.PASSWORD_RESET, *needed)
    if given.is_printed:
        confirm(env, given, secret, Purpose.PASSWORD_RESET, born)
    _require_good(env, wanted, account=account, personal=record.personal)
    password_hash = env.hasher.hash(wanted)
    guard_of_name = Key(LogInGuard, (name_hash(env, account.username),))
    owner = (given.patient_id,)

    def body(tx: Transaction) -> None:
        guard, patient, require_found = tx.get_all(guard_of_name, Key(Patient, owner), Key(Account, owner))
        open_links, found = select_all_locked(tx, open_links_of(given.patient_id), open_sessions(given.patient_id))
        now = env.now()
        outcome = password_reset.reset(
            next((link for link in open_links if link.id == given.link_id), None),
            secret=secret,
            patient=patient,
            account=require_found,
            guard=guard,
            password_hash=password_hash,
            open_links=open_links,
            open_sessions=found,
            now=now,
            policy=env.policy,
        )
        save(tx, outcome, env=env, act=by_patient(given.patient_id), now=now)

    in_transaction(env, body)


def _require_good(env: Environment, wanted: str, *, account: Account, personal: PersonalInformation) -> None:
    weak = password_problems(env, wanted, username=account.username, personal=personal)
    if not weak and env.hasher.verify(wanted, account.password_hash):
        weak = (PasswordProblem(PasswordProblemCode.UNCHANGED),)
    if weak:
        raise WeakPasswordError(problems=weak)
