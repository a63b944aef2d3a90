"""What happened: to a patient, and to the practice; and the notices that reached nobody."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice

from attrs import frozen
from starlette.responses import Response

from patientportal import ActorKind, DeliveryId, HistoryEntry, NotFoundError, Undelivered, pages
from patientportal.web.desk.people import patient_at
from patientportal.web.languages import N_
from patientportal.web.pages.history import who_of
from patientportal.web.screens import Screen, Who
from patientportal.web.visitor import Visitor
from patientportal.words import area, happened, label

ON_A_PAGE, LOOKED_THROUGH, SOME = 100, 200, 50
PAGES_MAX = 5
REFUSED = "staff_refused"


@frozen(kw_only=True)
class Told:
    """Something that happened, in words.

    Attributes:
        at: when, UTC.
        what: happened.
        more: at what somebody looked, what was refused, or why.
        who: did it.
        is_refusal: whether somebody was refused.
    """

    at: datetime
    what: str
    more: str
    who: str
    is_refusal: bool


def show_history(visitor: Visitor) -> Response:
    """All that happened to a patient; to be printed, too."""
    person = patient_at(visitor)
    page = visitor.practice.audit.of_patient(person.patient_id, limit=ON_A_PAGE, cursor=visitor.query.get("cursor"))
    return visitor.show("desk/history.html", person=person, page=page, told=list(_told(page.items, visitor)))


def show_practice(visitor: Visitor) -> Response:
    """What happened to no patient that is known."""
    page = visitor.practice.audit.of_practice(limit=ON_A_PAGE, cursor=visitor.query.get("cursor"))
    return visitor.show("desk/audit.html", page=page, told=list(_told(page.items, visitor)), only_refused=False)


def show_refused(visitor: Visitor) -> Response:
    """Of that, what staff wanted and may not."""
    page = visitor.practice.audit.of_practice(limit=LOOKED_THROUGH, cursor=visitor.query.get("cursor"))
    refused = [one for one in page.items if one.what == REFUSED]
    return visitor.show("desk/audit.html", page=page, told=list(_told(refused, visitor)), only_refused=True)


def show_undelivered(visitor: Visitor) -> Response:
    """The notices that reached nobody."""
    page = visitor.practice.audit.undelivered(limit=SOME, cursor=visitor.query.get("cursor"))
    return visitor.show("desk/undelivered.html", page=page)


def deliver_again(visitor: Visitor) -> Response:
    """Has one sent again."""
    visitor.practice.audit.deliver_again(DeliveryId(visitor.form["notice"]))
    return visitor.go("/desk/undelivered", flash="notice_again", cursor=visitor.query.get("cursor"))


def show_dismiss(visitor: Visitor) -> Response:
    """Whether one is let be, and who isn't told then."""
    notice = _notice_at(visitor)
    person = visitor.practice.patients.get(notice.patient_id) if notice.patient_name else None
    return visitor.show("desk/dismiss.html", notice=notice, person=person)


def dismiss(visitor: Visitor) -> Response:
    """Lets one be."""
    visitor.practice.audit.dismiss(DeliveryId(visitor.at("delivery_id")))
    return visitor.go("/desk/undelivered", flash="notice_dismissed")


def _notice_at(visitor: Visitor) -> Undelivered:
    """One of the oldest thousand notices that reached nobody."""
    some = islice(pages(visitor.practice.audit.undelivered, limit=LOOKED_THROUGH), PAGES_MAX)
    for notice in (one for page in some for one in page.items):
        if notice.delivery_id == visitor.at("delivery_id"):
            return notice
    raise NotFoundError(what="delivery")


def _told(entries: Iterable[HistoryEntry], visitor: Visitor) -> Iterator[Told]:
    for one in entries:
        parts = (
            area(one.verb, visitor.language) if one.verb else "",
            label(one.reason, visitor.language) if one.reason else "",
            one.device or "",
        )
        yield Told(
            at=one.at,
            what=happened(one.what, visitor.language),
            more=", ".join(filter(None, parts)),
            who=who_of(one, visitor) if one.by is ActorKind.STAFF else label(one.by, visitor.language),
            is_refusal=one.what == REFUSED,
        )


SCREENS = (
    Screen("/desk/people/{patient_id}/history", show_history, who=Who.STAFF),
    Screen("/desk/audit", show_practice, who=Who.STAFF),
    Screen("/desk/audit/refused", show_refused, who=Who.STAFF),
    Screen(
        "/desk/undelivered",
        show_undelivered,
        deliver_again,
        who=Who.STAFF,
        says={"notice_again": N_("The notice will be sent again.")},
    ),
    Screen(
        "/desk/undelivered/{delivery_id}",
        show_dismiss,
        dismiss,
        who=Who.STAFF,
        says={"notice_dismissed": N_("The notice is off the list.")},
    ),
)
