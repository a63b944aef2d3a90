"""What patients and strangers ask support, and what they are answered."""

from starlette.responses import Response

from patientportal import Asker, SupportRequestDetails, SupportRequestId
from patientportal.web.desk.people import patient_at
from patientportal.web.desk.staff_names import called
from patientportal.web.languages import N_
from patientportal.web.screens import Screen, Who
from patientportal.web.visitor import Visitor


def show_open(visitor: Visitor) -> Response:
    """What nobody has answered yet, of patients and of strangers apart; the oldest first."""
    support = visitor.practice.support
    return visitor.show(
        "desk/support/open.html",
        patients=support.open_requests(of=Asker.PATIENTS, cursor=visitor.query.get("cursor")),
        strangers=support.open_requests(of=Asker.STRANGERS, cursor=visitor.query.get("strangers")),
    )


def show_request(visitor: Visitor) -> Response:
    """One request: who asks, what, and the form that answers it."""
    request = _request(visitor)
    return visitor.show("desk/support/request.html", request=request, resolved_by=called(visitor, request.resolved_by))


def answer(visitor: Visitor) -> Response:
    """Answers a patient, and is done with it."""
    visitor.form.need("answer")
    visitor.practice.support.resolve(_id(visitor), answer=visitor.form["answer"])
    return visitor.go("/desk/support", flash="support_answered")


def show_close(visitor: Visitor) -> Response:
    """Asks once more before a request ends without an answer."""
    return visitor.show("desk/support/close.html", request=_request(visitor))


def close(visitor: Visitor) -> Response:
    """Is done with a request, without an answer here."""
    visitor.practice.support.resolve(_id(visitor))
    return visitor.go("/desk/support", flash="support_closed")


def show_of_patient(visitor: Visitor) -> Response:
    """What one patient asked, and whether it is answered."""
    person = patient_at(visitor)
    page = visitor.practice.support.of_patient(person.patient_id, cursor=visitor.query.get("cursor"))
    return visitor.show("desk/support/of_patient.html", person=person, page=page)


def _id(visitor: Visitor) -> SupportRequestId:
    return SupportRequestId(visitor.at("request_id"))


def _request(visitor: Visitor) -> SupportRequestDetails:
    return visitor.practice.support.get(_id(visitor))


SCREENS = (
    Screen("/desk/support", show_open, who=Who.STAFF),
    Screen(
        "/desk/support/{request_id}",
        show_request,
        answer,
        who=Who.STAFF,
        says={"support_answered": N_("The answer is in their inbox, and a mail tells them of it.")},
    ),
    Screen(
        "/desk/support/{request_id}/close",
        show_close,
        close,
        who=Who.STAFF,
        says={"support_closed": N_("The request is closed.")},
    ),
    Screen("/desk/people/{patient_id}/support", show_of_patient, who=Who.STAFF),
)
