"""Which error is what status of HTTP."""

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType

from patientportal import (
    AdapterError,
    BadInputError,
    ConflictError,
    NotFoundError,
    NotPermittedError,
    PortalError,
    RefusedError,
    SessionEndedError,
    TooBusyError,
)

_STATUSES: Mapping[type[PortalError], HTTPStatus] = MappingProxyType(
    {
        SessionEndedError: HTTPStatus.UNAUTHORIZED,
        NotPermittedError: HTTPStatus.FORBIDDEN,
        NotFoundError: HTTPStatus.NOT_FOUND,
        RefusedError: HTTPStatus.CONFLICT,
        BadInputError: HTTPStatus.UNPROCESSABLE_ENTITY,
        AdapterError: HTTPStatus.SERVICE_UNAVAILABLE,  # nothing happened, and again is safe
        ConflictError: HTTPStatus.SERVICE_UNAVAILABLE,
        TooBusyError: HTTPStatus.SERVICE_UNAVAILABLE,
        PortalError: HTTPStatus.INTERNAL_SERVER_ERROR,
    }
)


def status_of(error: PortalError | type[PortalError]) -> int:
    """The status of HTTP that an error is: its own, else its family's (``docs/http.md``).

    Args:
        error: what was raised, or its class; an error of your own is as its family.

    Raises:
        TypeError: it is no ``PortalError``.

    >>> status_of(NotFoundError(what="appointment")), status_of(SessionEndedError)
    (404, 401)
    """
    kind = error if isinstance(error, type) else type(error)
    if not issubclass(kind, PortalError):
        raise TypeError(f"{kind.__name__} is no PortalError")
    return next(int(_STATUSES[one]) for one in kind.__mro__ if one in _STATUSES)


def is_ours(status: int) -> bool:
    """Whether the fault is the server's, of which nobody outside is told more than the code."""
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR
