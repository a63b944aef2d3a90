"""Patients: registered and invited, shut out and let in again."""

from datetime import UTC, date, datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.accounts import links, registration
from patientportal.domain.accounts.links import Link, LinkEnd, LinkStatus, Purpose
from patientportal.domain.accounts.recovery_names import RecoveryName
from patientportal.domain.accounts.registration import (
    AlreadyActivatedError,
    AlreadyRegistered,
    BirthDateUnknownError,
    Deactivated,
    ExternalIdTakenError,
    Invited,
    PatientDeactivated,
    PatientInactiveError,
    PatientInvited,
    PatientReactivated,
    PatientRegistered,
    Reactivated,
    Registered,
)
from patientportal.domain.accounts.sessions import Session
from patientportal.domain.errors import BadInputError, RefusedError
from patientportal.domain.ids import LinkId, PatientId, SessionId
from patientportal.domain.outcomes import Unchanged
from patientportal.domain.patients.patients import Patient, PersonalRecord
from patientportal.domain.patients.personal import PersonalInformation
from patientportal.domain.patients.search_words import words_of
from patientportal.domain.policy import InvitationPolicy, Policy
from patientportal.domain.values.known_days import KnownDay, PartialDate
from patientportal.domain.values.sameness import FOLDING
from patientportal.testing.strategies import personal_information

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
YEAR = timedelta(days=365)
PATIENT = Patient(id=PatientId("p-1"), registered_at=NOW)
INACTIVE = evolve(PATIENT, deactivated_at=NOW)
LINK_ID = LinkId("l-9")

RECOVERY_NAME = RecoveryName(patient_id=PATIENT.id, person_hash=b"person-hash")


def open_links(number: int) -> list[Link]:
    return [links.requested(PATIENT.id, LinkId(f"l-{i}"), Purpose.INVITATION, now=NOW) for i in range(number)]


POLICY = Policy(zone="UTC")


def open_sessions(number: int) -> list[Session]:
    return [
        Session(
            patient_id=PATIENT.id,
            id=SessionId(f"s-{i}"),
            secret_hash=b"",
            device="phone",
            started_at=NOW,
            last_seen_at=NOW,
        )
        for i in range(number)
    ]


def born(day: KnownDay | None) -> PersonalInformation:
    return PersonalInformation(first_name="Ada", last_name="Byron", date_of_birth=day, email="ada@example.org")


RECORD = PersonalRecord(patient_id=PATIENT.id, personal=born(date(1980, 12, 10)))


@pytest.mark.parametrize("day", [PartialDate(1980), PartialDate(1980, 12), None])
def test_who_cannot_be_asked_for_a_birth_date_is_not_invited_by_mail(day: KnownDay | None) -> None:
    assert register(born(day)).link is None
    unknown = PersonalRecord(patient_id=PATIENT.id, personal=born(day))

    def invite(policy: Policy) -> Invited:
        return registration.invite(
            PATIENT, record=unknown, has_account=False, open_links=[], link_id=LINK_ID, now=NOW, policy=policy
        )

    with pytest.raises(BirthDateUnknownError):
        invite(POLICY)
    unasked = Policy(zone="UTC", invitations=InvitationPolicy(ask_birth_date=False))
    assert invite(unasked).link.id == LINK_ID


def register(personal: PersonalInformation, now: datetime = NOW) -> Registered:
    registered = registration.register(
        personal, external_id=None, holder=None, patient_id=PATIENT.id, link_id=LINK_ID, now=now, policy=POLICY
    )
    assert isinstance(registered, Registered)
    return registered


def test_a_registered_patient_is_active_and_invited() -> None:
    personal = born(date(1980, 12, 10))
    record = PersonalRecord(patient_id=PATIENT.id, personal=personal, folding=FOLDING)
    assert register(personal) == Registered(
        patient=Patient(id=PATIENT.id, registered_at=NOW, deactivated_at=None),
        record=record,
        words=words_of(record),
        link=links.requested(PATIENT.id, LINK_ID, Purpose.INVITATION, now=NOW),
        event=PatientRegistered(link_id=LINK_ID),
    )
    assert register(personal).patient.is_active


@pytest.mark.parametrize(("born_in", "is_refused"), [(PartialDate(2026), False), (PartialDate(2026, 2), True)])
def test_what_may_be_today_isnt_ahead(born_in: PartialDate, *, is_refused: bool) -> None:
    if is_refused:
        with pytest.raises(BadInputError):
            register(born(born_in))
    else:
        assert register(born(born_in)).record.personal.date_of_birth == born_in
    assert register(born(None)).words[0].date_of_birth == ""


def test_who_is_registered_uninvited_has_no_link() -> None:
    personal = born(date(1980, 12, 10))
    registered = registration.register(
        personal, external_id="K-1", holder=None, patient_id=PATIENT.id, link_id=None, now=NOW, policy=POLICY
    )
    assert isinstance(registered, Registered)
    assert (registered.link, registered.event) == (None, PatientRegistered(link_id=None))
    assert (registered.record.external_id, registered.record.personal) == ("K-1", personal)


@given(personal_information(), personal_information())
def test_a_key_of_the_hospitals_is_the_same_patient_with_the_same_data_alone(
    personal: PersonalInformation, other: PersonalInformation
) -> None:
    holder = PersonalRecord(patient_id=PatientId("p-0"), personal=personal, external_id="K-1")

    def register_again(again: PersonalInformation) -> Registered | AlreadyRegistered:
        return registration.register(
            again, external_id="K-1", holder=holder, patient_id=PATIENT.id, link_id=LINK_ID, now=NOW, policy=POLICY
        )

    assert register_again(personal) == AlreadyRegistered(patient_id=holder.patient_id)
    if other != personal:
        with pytest.raises(ExternalIdTakenError) as refusal:
            register_again(other)
        assert refusal.value.patient_id == holder.patient_id


@pytest.mark.parametrize(
    ("now", "day", "is_refused"),
    [
        (NOW, date(2027, 1, 5), True),
        (NOW, date(2026, 1, 6), True),
        (NOW, date(2026, 1, 5), False),
        (datetime(2026, 1, 5, 9, 59, 59, 999999, tzinfo=UTC), date(2026, 1, 6), True),
        (datetime(2026, 1, 5, 10, 0, tzinfo=UTC), date(2026, 1, 6), False),  # it is the 6th in Kiritimati
        (datetime(2026, 1, 5, 23, 59, tzinfo=UTC), date(2026, 1, 7), True),
    ],
)
def test_nobody_is_born_after_the_latest_today_on_earth(now: datetime, day: date, *, is_refused: bool) -> None:
    if is_refused:
        with pytest.raises(BadInputError, match=r"^bad_input: date_of_birth: in_future$"):
            register(born(day), now)
    else:
        assert register(born(day), now).record.personal.date_of_birth == day


@given(st.timedeltas(-YEAR, YEAR), st.integers(-2, 2))
def test_who_is_born_today_anywhere_can_be_registered(moved: timedelta, days_off: int) -> None:
    now = NOW + moved
    days = {(now + timedelta(hours=h)).date() for h in range(-12, 15)}
    day = now.date() + timedelta(days=days_off)
    if day > max(days):
        with pytest.raises(BadInputError):
            register(born(day), now)
    else:
        assert register(born(day), now).patient.registered_at == now


@pytest.mark.parametrize(
    ("patient", "has_account", "refused"),
    [(INACTIVE, True, PatientInactiveError), (PATIENT, True, AlreadyActivatedError), (PATIENT, False, None)],
)
def test_an_invitation_needs_an_active_patient_without_an_account(
    patient: Patient, *, has_account: bool, refused: type[RefusedError] | None
) -> None:
    def invite() -> Invited:
        return registration.invite(
            patient, record=RECORD, has_account=has_account, open_links=[], link_id=LINK_ID, now=NOW, policy=POLICY
        )

    if refused is None:
        assert invite().link == links.requested(PATIENT.id, LINK_ID, Purpose.INVITATION, now=NOW)
    else:
        with pytest.raises(refused):
            invite()


@pytest.mark.parametrize("number", [0, 1, 3])
def test_a_newer_invitation_ends_every_earlier_one(number: int) -> None:
    earlier = open_links(number)
    invited = registration.invite(
        PATIENT, record=RECORD, has_account=False, open_links=earlier, link_id=LINK_ID, now=NOW, policy=POLICY
    )
    assert invited.ended == tuple(evolve(link, status=LinkStatus.ENDED, ended_by=LinkEnd.REPLACED) for link in earlier)
    assert invited.link.status is LinkStatus.OPEN
    assert invited.event == PatientInvited(link_id=LINK_ID, links_ended=number)


@given(st.integers(0, 4), st.integers(0, 4), st.timedeltas(-YEAR, YEAR), st.sampled_from((None, RECOVERY_NAME)))
def test_a_deactivated_patient_is_out_everywhere_at_once(
    sessions: int, invitations: int, moved: timedelta, kept: RecoveryName | None
) -> None:
    now = NOW + moved
    live = sessions if moved < timedelta(minutes=15) else 0
    out = registration.deactivate(
        PATIENT,
        recovery_name=kept,
        open_sessions=open_sessions(sessions),
        open_links=open_links(invitations),
        now=now,
        policy=POLICY,
    )
    assert out == Deactivated(
        patient=evolve(PATIENT, deactivated_at=now),
        recovery_name=kept,
        sessions=tuple(evolve(session, ended_at=now) for session in open_sessions(sessions)),
        links=tuple(
            evolve(link, status=LinkStatus.ENDED, ended_by=LinkEnd.DEACTIVATED) for link in open_links(invitations)
        ),
        event=PatientDeactivated(sessions_ended=live, links_ended=invitations),
    )
    assert not out.patient.is_active


def test_deactivating_or_reactivating_twice_changes_nothing() -> None:
    later = NOW + YEAR
    again = registration.deactivate(
        INACTIVE, recovery_name=None, open_sessions=[], open_links=[], now=later, policy=POLICY
    )
    assert again == Unchanged()
    assert registration.reactivate(PATIENT, has_account=True, recovery_name=RECOVERY_NAME) == Unchanged()


@pytest.mark.parametrize("has_account", [False, True])
def test_a_reactivated_patient_is_who_they_were_before(*, has_account: bool) -> None:
    assert registration.reactivate(INACTIVE, has_account=has_account, recovery_name=RECOVERY_NAME) == Reactivated(
        patient=PATIENT, recovery_name=RECOVERY_NAME if has_account else None, event=PatientReactivated()
    )


def test_a_record_shows_nothing_personal() -> None:
    assert "Byron" not in repr(register(born(date(1980, 12, 10))))
