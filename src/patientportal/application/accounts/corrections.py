"""What is kept of a patient: put right by the practice, seen by the patient, who chooses the language."""

from collections.abc import Callable, Mapping
from datetime import datetime

from attrs import evolve, field, frozen

from patientportal.application.accounts.links import open_links_of
from patientportal.application.accounts.recovery_names import recovery_name
from patientportal.application.accounts.registration import known_as, require_personal
from patientportal.application.accounts.search import search_words_of
from patientportal.application.accounts.sessions import SignedIn, WhileIn, live, session_key
from patientportal.application.environment import Environment
from patientportal.application.on_patient import on_patient
from patientportal.application.saving import in_transaction, save, select_locked
from patientportal.domain.accounts import corrections as rules
from patientportal.domain.accounts import notice_choices
from patientportal.domain.accounts.activation import Account
from patientportal.domain.accounts.corrections import Corrected
from patientportal.domain.accounts.recovery_names import RecoveryName
from patientportal.domain.accounts.sessions import SessionEndedError
from patientportal.domain.errors import NotFoundError
from patientportal.domain.ids import PatientId
from patientportal.domain.notices.channels import text_number
from patientportal.domain.outcomes import Unchanged
from patientportal.domain.patients.notice_choices import NoticeChoice, choices_of, usable_choices
from patientportal.domain.patients.patients import Patient, PersonalRecord, usable_external_id
from patientportal.domain.patients.personal import PersonalInformation, usable_language
from patientportal.domain.staff import StaffMember
from patientportal.domain.told import Channel, NoticeKind
from patientportal.ports.store import Key, Transaction


@frozen(kw_only=True)
class Profile:
    """What the practice knows of a patient, as they see it themselves.

    Attributes:
        personal: who they are.
        external_id: the hospital's key for them, if it gave one.
        username: by which they log in.
        notices: how they are told, of each kind of which they may choose; the others always come by e-mail.
        texts_to: the number that text messages go to (ITU-T E.164); ``None``: they get none, and mails in their place.
        registered_at: when the practice registered them, UTC.
    """

    personal: PersonalInformation = field(repr=False)
    external_id: str | None = field(repr=False)
    username: str = field(repr=False)
    notices: tuple[NoticeChoice, ...]
    texts_to: str | None = field(repr=False)
    registered_at: datetime


def correct(
    env: Environment,
    member: StaffMember,
    patient_id: PatientId,
    personal: PersonalInformation,
    *,
    external_id: str | None,
) -> None:
    """Puts right what the practice keeps of a patient; no key leaves that of before, an empty one takes it away."""
    require_personal(personal)
    given = external_id if external_id in {None, ""} else usable_external_id(external_id)

    def decide(
        tx: Transaction, patient: Patient, now: datetime, record: PersonalRecord | None
    ) -> Corrected | Unchanged:
        if record is None:
            raise NotFoundError(what="patient")
        key = record.external_id if given is None else given or None
        holder = None if key is None else next(iter(tx.select(known_as(key))), None)
        words = select_locked(tx, search_words_of(patient.id))
        kept = tx.get(Key(RecoveryName, (patient.id,)))
        open_links = select_locked(tx, open_links_of(patient.id))
        return rules.correct(
            record,
            personal=personal,
            external_id=key,
            holder=holder,
            patient=patient,
            words=words,
            kept=kept,
            recovery_name=recovery_name(env, evolve(record, personal=personal)),
            open_links=open_links,
            now=now,
        )

    on_patient(env, member, "patients.correct", patient_id, decide, Key(PersonalRecord, (patient_id,)))


def profile(env: Environment, who: SignedIn) -> Profile:
    """What the practice knows of the patient."""
    owner = (who.patient_id,)
    patient: Patient | None
    record: PersonalRecord | None
    account: Account | None
    patient, record, account = WhileIn(env.store, who, env).find_all(
        Key(Patient, owner), Key(PersonalRecord, owner), Key(Account, owner)
    )
    if patient is None or record is None or account is None:
        raise SessionEndedError
    return Profile(
        personal=record.personal,
        external_id=record.external_id,
        username=account.username,
        notices=choices_of(record.notices),
        texts_to=text_number(record, env.policy),
        registered_at=patient.registered_at,
    )


def set_language(env: Environment, who: SignedIn, language: str | None) -> None:
    """Writes to the patient in another language from now on."""
    tag = usable_language(language)
    _on_own_record(env, who, lambda record: rules.set_language(record, language=tag))


def set_notices(env: Environment, who: SignedIn, notices: Mapping[NoticeKind, Channel] | Mapping[str, str]) -> None:
    """Tells the patient of these things as they want it, from now on."""
    choices = usable_choices(notices)
    _on_own_record(env, who, lambda record: notice_choices.set_notices(record, choices=choices, policy=env.policy))


def _on_own_record(env: Environment, who: SignedIn, decide: Callable[[PersonalRecord], object]) -> None:
    owner = (who.patient_id,)

    def body(tx: Transaction) -> None:
        patient, record, session = tx.get_all(Key(Patient, owner), Key(PersonalRecord, owner), session_key(who))
        now = env.now()
        live(session, patient, now=now, env=env)
        if record is None:
            raise SessionEndedError
        save(tx, decide(record), env=env, act=who.act, now=now)

    in_transaction(env, body)
