"""Where the patient is logged in, and how that ends."""

from starlette.responses import Response

from patientportal import SessionId
from patientportal.web.languages import N_
from patientportal.web.screens import Screen
from patientportal.web.visitor import Visitor


def show_devices(visitor: Visitor) -> Response:
    """Every device on which they are logged in now."""
    page = visitor.me.account.devices(cursor=visitor.query.get("cursor"))
    return visitor.show("account/devices.html", page=page)


def log_off_device(visitor: Visitor) -> Response:
    """Ends one; where it is this one, they are out."""
    session_id = SessionId(visitor.at("session_id"))
    is_this = any(one.is_this for one in visitor.me.account.devices(limit=200).items if one.session_id == session_id)
    visitor.me.account.log_off_device(session_id)
    if not is_this:
        return visitor.go("/account/devices", flash="device_logged_off")
    visitor.keep_session(None)
    return visitor.go("/log-in", flash="logged_off")


def show_everywhere(visitor: Visitor) -> Response:
    """Asks once more before they are logged off everywhere."""
    return visitor.show("account/everywhere.html")


def log_off_everywhere(visitor: Visitor) -> Response:
    """Ends all of them, this one too."""
    visitor.me.log_off_everywhere()
    visitor.keep_session(None)
    return visitor.go("/log-in", flash="logged_off_everywhere")


SCREENS = (
    Screen("/account/devices", show_devices),
    Screen(
        "/account/devices/{session_id}/log-off",
        do=log_off_device,
        says={"device_logged_off": N_("This device is logged off.")},
    ),
    Screen(
        "/account/log-off-everywhere",
        show_everywhere,
        log_off_everywhere,
        says={"logged_off_everywhere": N_("You are logged off on all devices.")},
    ),
)
