"""What the table of pages is made of: a path, what is shown there, and what a form there does."""

from collections.abc import Callable, Mapping
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING

from attrs import field, frozen
from starlette.responses import Response

if TYPE_CHECKING:
    from patientportal.web.visitor import Visitor

FORM_BYTES_MAX = 64 * 1024
UPLOAD_BYTES_MAX = 11 * 1024 * 1024  # a document of 10 MiB, the longest that is taken, and its form


class Who(Enum):
    """For whom a page is."""

    ANYBODY = "anybody"
    PATIENT = "patient"
    STAFF = "staff"


def nothing(_: "Visitor") -> Response:
    """What stands in the table where a path has no page, or no form; it is never called."""
    raise NotImplementedError


@frozen
class Screen:
    """One path of the portal.

    Attributes:
        path: below the mount, with its parameters: ``/appointments/{appointment_id}``.
        show: answers GET; ``nothing``: there is nothing to see.
        do: answers POST, and says where to go on; an error that can be put right is said on what ``show`` shows.
        who: for whom it is.
        hashes: whether a POST hashes a password or an answer, or may be hammered: few at once, and few an address.
        outside: whether it asks somebody who may be slow, such as a payment processor: no other page waits for that.
        rename: what the form calls the library's fields: ``{"new": "new_password"}``.
        says: what is said once on the page that follows, by codes.
        bytes_max: how long a form may be.
    """

    path: str
    show: "Callable[[Visitor], Response]" = nothing
    do: "Callable[[Visitor], Response]" = nothing
    who: Who = field(default=Who.PATIENT, kw_only=True)
    hashes: bool = field(default=False, kw_only=True)
    outside: bool = field(default=False, kw_only=True)
    rename: Mapping[str, str] = field(default=MappingProxyType({}), kw_only=True)
    says: Mapping[str, str] = field(default=MappingProxyType({}), kw_only=True)
    bytes_max: int = field(default=FORM_BYTES_MAX, kw_only=True)
