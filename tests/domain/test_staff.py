"""Staff: whom the host vouches for, and what each role may do."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.errors import BadInputError
from patientportal.domain.ids import PatientId, StaffId
from patientportal.domain.staff import (
    NOT_TO_ONESELF,
    PERMITTED,
    NotPermittedError,
    OwnAccountError,
    Role,
    StaffMember,
    may,
    permit,
    permit_to,
)

OF_VISITS = {
    *("schedule.open_slots", "appointments.book", "appointments.reschedule"),
    *("appointments.get", "appointments.of_patient"),
    *("visit_types.all", "providers.all", "places.put", "places.all"),
    *("schedule.publish", "schedule.withdraw", "appointments.of_day", "appointments.requests"),
    "appointments.get_request",
    *("appointments.schedule_request", "appointments.decline_request"),
    *("appointments.cancel", "appointments.mark_fulfilled", "appointments.mark_noshow"),
    *("appointments.mark_arrived", "appointments.unmark_arrived"),
}
READ_OF_MEDICATIONS = {
    *("medications.of_patient", "medications.get", "medications.renewals", "medications.renewal"),
    *("medications.covers", "medications.pending_renewals", "medications.unfilled_renewals"),
}
WRITING = {f"messages.{verb}" for verb in ("send", "retract", "get", "of_patient")}
ON_PAPER = {"patients.print_invitation", "support.print_password_reset"}
OF_MONEY = (
    *("upload", "resend", "retract", "of_patient", "get", "document", "payments", "get_payment", "record_payment"),
    *("refund", "refunds", "get_refund", "unclear", "unclear_refunds"),
)
MAY = {
    Role.FRONT_DESK: {
        *(f"patients.{verb}" for verb in ("register", "get", "find", "all", "correct", "invite", "change_email")),
        *("patients.end_account", "patients.deactivate", "patients.reactivate"),
        *WRITING,
        *ON_PAPER,
        *("support.open_requests", "support.of_patient", "support.get", "support.resolve"),
        *(f"audit.{verb}" for verb in ("undelivered", "deliver_again", "dismiss")),
        *READ_OF_MEDICATIONS,
        *("medications.cover", "medications.reassign"),
        *(f"statements.{verb}" for verb in OF_MONEY),
        *OF_VISITS,
        *("providers.put", "visit_types.put"),
    },
    Role.PROVIDER: {
        *("patients.get", "patients.find"),
        *WRITING,
        *READ_OF_MEDICATIONS,
        *(f"medications.{verb}" for verb in ("record", "correct", "discontinue", "cover", "reassign")),
        *(f"medications.{verb}" for verb in ("approve_renewal", "deny_renewal", "mark_refilled")),
        *OF_VISITS,
    },
    Role.SUPPORT: {
        *(f"patients.{verb}" for verb in ("get", "find", "all", "invite", "change_email", "end_account")),
        *ON_PAPER,
        *(
            f"support.{verb}"
            for verb in ("open_requests", "of_patient", "get", "resolve", "unlock", "send_password_reset")
        ),
        *(f"audit.{verb}" for verb in ("of_patient", "of_practice", "undelivered", "deliver_again", "dismiss")),
        *WRITING,
    },
    Role.BILLING: {
        *(
            f"statements.{verb}"
            for verb in (
                *OF_MONEY,
                *("record_payment(insurer)", "record_payment(reduction)", "refund(by_hand)"),
                *("conclude", "conclude_refund"),
            )
        ),
        *("patients.get", "patients.find"),
        *WRITING,
    },
    Role.INTERFACE: {
        *(f"patients.{verb}" for verb in ("register", "get", "find", "all", "correct")),
        *("statements.upload", "statements.retract"),
    },
}


def member(**changes: Any) -> StaffMember:
    return StaffMember(**({"id": StaffId("staff-7"), "name": "Sam Staff", "roles": {Role.SUPPORT}} | changes))


def refusal(make: Callable[[], object]) -> tuple[str, str, int | None]:
    with pytest.raises(BadInputError) as caught:
        make()
    return caught.value.field, caught.value.problem, caught.value.limit


def test_support_may_unlock_and_the_front_desk_may_not() -> None:
    assert permit(member(roles={Role.SUPPORT}), "support.unlock") is Role.SUPPORT
    with pytest.raises(NotPermittedError) as caught:
        permit(member(roles={Role.FRONT_DESK, Role.PROVIDER}), "support.unlock")
    assert caught.value.verb == "support.unlock"


@pytest.mark.parametrize("verb", PERMITTED)
@given(roles=st.sets(st.sampled_from(Role), min_size=1))
def test_a_member_may_do_what_one_of_their_roles_may(verb: str, roles: set[Role]) -> None:
    granting = [role for role in roles if verb in MAY[role]]
    if granting:
        assert permit(member(roles=roles), verb) is min(granting)
    else:
        with pytest.raises(NotPermittedError, match="not_permitted"):
            permit(member(roles=roles), verb)


def test_every_role_may_do_something_and_every_verb_has_its_row() -> None:
    assert set(PERMITTED) == set.union(*MAY.values())


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"id": "", "name": "", "roles": ()}, ("id", "empty", None)),
        ({"id": "x" * 256, "name": "", "roles": ()}, ("id", "too_long", 255)),
        ({"id": "a\0b", "name": "", "roles": ()}, ("id", "bad_character", None)),
        ({"id": "x" * 64, "name": "", "roles": ()}, ("name", "empty", None)),
        ({"name": "x" * 201, "roles": ()}, ("name", "too_long", 200)),
        ({"name": "Sam\u202eStaff", "roles": ()}, ("name", "bad_character", None)),
        ({"name": "x" * 200, "roles": ()}, TypeError),
        ({"name": "x" * 200, "patient_id": "x" * 65}, ("patient_id", "too_long", 64)),
        ({"name": "x" * 200, "patient_id": ""}, ("patient_id", "empty", None)),
        ({"name": "x" * 200, "patient_id": "x" * 64}, None),
    ],
)
def test_a_member_is_checked_by_id_then_name_then_roles_then_patient_id(changes: dict[str, Any], refused: Any) -> None:
    if refused is None:
        assert member(**changes).name == changes["name"]
    elif refused is TypeError:
        with pytest.raises(TypeError, match=r"^roles must be a collection of one or more of Role$"):
            member(**changes)
    else:
        assert refusal(lambda: member(**changes)) == refused


@pytest.mark.parametrize("roles", [[], "support", ["support"], [Role.SUPPORT, "support"], {None}])
def test_roles_are_one_or_more_of_role(roles: object) -> None:
    with pytest.raises(TypeError, match=r"^roles must be a collection of one or more of Role$"):
        member(roles=roles)


@pytest.mark.parametrize(("field", "value"), [("id", 7), ("id", b"x"), ("name", None), ("patient_id", 7)])
def test_an_id_or_a_name_of_the_wrong_type_is_a_type_error(field: str, value: object) -> None:
    with pytest.raises(TypeError, match=f"^{field} must be str, not {type(value).__name__}$"):
        member(**{field: value})


def test_roles_may_come_in_any_collection_and_are_kept_as_a_frozen_set() -> None:
    for roles in ([Role.SUPPORT, Role.SUPPORT], (Role.SUPPORT,), {Role.SUPPORT: 1}.keys()):
        assert member(roles=roles).roles == frozenset({Role.SUPPORT})


def test_a_member_does_not_show_their_name() -> None:
    assert "Sam" not in repr(member())


@pytest.mark.parametrize("field", ["id", "name"])
def test_an_id_and_a_name_are_kept_in_the_form_that_was_checked(field: str) -> None:
    assert getattr(member(**{field: " \tsam\n"}), field) == "sam"


def test_a_member_is_no_patient_unless_the_host_says_so() -> None:
    assert member().patient_id is None
    assert member(patient_id="p-1").patient_id == "p-1"


def test_no_member_is_left_without_a_role() -> None:
    assert member(roles=iter([Role.SUPPORT])).roles


@pytest.mark.parametrize("verb", sorted(PERMITTED))
def test_nobody_opens_their_own_account_and_everything_else_is_permitted_by_role(verb: str) -> None:
    everybody = member(roles=frozenset(Role), patient_id="p-1")
    assert permit_to(everybody, verb, PatientId("p-2")) == permit(everybody, verb)
    assert permit_to(member(roles=frozenset(Role)), verb, PatientId("p-1")) == permit(everybody, verb)
    if verb in NOT_TO_ONESELF:
        with pytest.raises(OwnAccountError) as caught:
            permit_to(everybody, verb, PatientId("p-1"))
        assert caught.value.verb == verb
    else:
        assert permit_to(everybody, verb, PatientId("p-1")) == permit(everybody, verb)


def test_what_is_not_permitted_is_refused_before_anybody_asks_whose_account_it_is() -> None:
    with pytest.raises(NotPermittedError):
        permit_to(member(roles=[Role.PROVIDER], patient_id="p-1"), "support.unlock", PatientId("p-1"))


@pytest.mark.parametrize("verb", PERMITTED)
def test_may_is_what_permit_grants(verb: str) -> None:
    for role in Role:
        assert may(member(roles={role}), verb) is (role in PERMITTED[verb])


def test_may_knows_no_other_verb() -> None:
    assert refusal(lambda: may(member(), "statements.steal")) == ("verb", "unknown", None)
    assert refusal(lambda: may(member(), "x" * 1000)) == ("verb", "too_long", max(map(len, PERMITTED)))
