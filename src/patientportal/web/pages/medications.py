"""The patient's medications: what they take, what they took, and asking for more of it."""

from collections.abc import Mapping
from types import MappingProxyType

from starlette.responses import Response

from patientportal import MedicationId, OwnRenewal, RenewalId, RenewalStatus
from patientportal.web.languages import N_
from patientportal.web.screens import Screen
from patientportal.web.visitor import Visitor

RENEWALS_LOOKED_AT = 200
COLOURS: Mapping[RenewalStatus, str] = MappingProxyType(
    {
        RenewalStatus.REQUESTED: "blue",
        RenewalStatus.APPROVED: "green",
        RenewalStatus.REFILLED: "green",
        RenewalStatus.DENIED: "red",
        RenewalStatus.WITHDRAWN: "grey",
        RenewalStatus.EXPIRED: "orange",
        RenewalStatus.DISCONTINUED: "grey",
    }
)
_NEXT: Mapping[RenewalStatus, str] = MappingProxyType(
    {
        RenewalStatus.REQUESTED: N_("%(prescriber)s will look at it. We will tell you what they decide."),
        RenewalStatus.APPROVED: N_("%(prescriber)s said yes. It is not ready yet. We will write to you again."),
        RenewalStatus.REFILLED: N_("It is refilled. Ask the pharmacy when you can pick it up."),
        RenewalStatus.DENIED: N_("%(prescriber)s said no. If you have questions, ask us or book a visit."),
        RenewalStatus.WITHDRAWN: N_("You took this request back. You can ask again at any time."),
        RenewalStatus.EXPIRED: N_("Nobody answered in time. We are sorry. Please ask again, or call us."),
        RenewalStatus.DISCONTINUED: N_("This medication was stopped, and your request ended with it."),
    }
)
"""What comes now; ``prescriber`` is a name."""


def show_active(visitor: Visitor) -> Response:
    """What they take now, each with the way to more of it."""
    return visitor.show(
        "medications/active.html",
        page=visitor.me.medications.active(cursor=visitor.query.get("cursor")),
        waiting=_waiting(visitor),
    )


def show_all(visitor: Visitor) -> Response:
    """What they take and took."""
    page = visitor.me.medications.all(cursor=visitor.query.get("cursor"))
    return visitor.show("medications/all.html", page=page)


def show_renew(visitor: Visitor) -> Response:
    """The form for more of a medication, or why there is none and what else to do."""
    medication = visitor.me.medications.get(MedicationId(visitor.at("medication_id")))
    return visitor.show(
        "medications/renew.html", medication=medication, waiting=_waiting(visitor).get(medication.medication_id)
    )


def renew(visitor: Visitor) -> Response:
    """Asks for more of a medication."""
    renewal_id = visitor.me.medications.request_renewal(
        MedicationId(visitor.at("medication_id")),
        pharmacy=visitor.form["pharmacy"],
        note=visitor.form["note"],
        idempotency_key=visitor.form["key"] or None,
    )
    return visitor.go(f"/medications/renewals/{renewal_id}", flash="renewal_requested")


def show_renewals(visitor: Visitor) -> Response:
    """What they asked for, and where it stands."""
    page = visitor.me.medications.renewals(cursor=visitor.query.get("cursor"))
    return visitor.show("medications/renewals.html", page=page, colours=COLOURS)


def show_renewal(visitor: Visitor) -> Response:
    """One request: where it stands, and what comes now."""
    renewal = _renewal(visitor)
    return visitor.show(
        "medications/renewal.html",
        renewal=renewal,
        colours=COLOURS,
        next=_NEXT[renewal.status],
        waits_until=renewal.requested_at + visitor.portal.policy.renewals.expires_after,
    )


def show_withdraw(visitor: Visitor) -> Response:
    """Asks once more before a request is taken back."""
    return visitor.show("medications/withdraw.html", renewal=_renewal(visitor))


def withdraw(visitor: Visitor) -> Response:
    """Takes a request back."""
    renewal_id = RenewalId(visitor.at("renewal_id"))
    visitor.me.medications.withdraw_renewal(renewal_id)
    return visitor.go(f"/medications/renewals/{renewal_id}", flash="renewal_withdrawn")


def _renewal(visitor: Visitor) -> OwnRenewal:
    return visitor.me.medications.renewal(RenewalId(visitor.at("renewal_id")))


def _waiting(visitor: Visitor) -> Mapping[MedicationId, OwnRenewal]:
    """What they wait for, by the medication; none waits for long, so that it is among the latest."""
    found = visitor.me.medications.renewals(limit=RENEWALS_LOOKED_AT).items
    return {one.medication_id: one for one in found if one.status is RenewalStatus.REQUESTED}


SCREENS = (
    Screen("/medications", show_active),
    Screen("/medications/all", show_all),
    Screen(
        "/medications/{medication_id}/renew",
        show_renew,
        renew,
        says={"renewal_requested": N_("We have your request.")},
    ),
    Screen("/medications/renewals", show_renewals),
    Screen("/medications/renewals/{renewal_id}", show_renewal),
    Screen(
        "/medications/renewals/{renewal_id}/withdraw",
        show_withdraw,
        withdraw,
        says={"renewal_withdrawn": N_("You took your request back.")},
    ),
)
