"""Which error is what status of HTTP, and when to come again."""

import math
from collections.abc import Iterator, Mapping
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


def status_of(error: PortalError | type[PortalError] | ExceptionGroup[Exception]) -> int:
    """The status of HTTP that an error is: its own, else its family's (``docs/http.md``).

    Args:
        error: what was raised, or its class; an error of your own is as its family. Several of one form together are as
            the gravest of them (``gravest``).

    Raises:
        TypeError: it is no ``PortalError``, or the group holds one that isn't.

    >>> status_of(NotFoundError(what="appointment")), status_of(SessionEndedError)
    (404, 401)
    """
    kind = error if isinstance(error, type) else type(gravest(error))
    if not issubclass(kind, PortalError):
        raise TypeError(f"{kind.__name__} is no PortalError")
    return next(int(_STATUSES[one]) for one in kind.__mro__ if one in _STATUSES)


def headers_of(error: PortalError | ExceptionGroup[Exception]) -> dict[str, str]:
    """When to come again, in seconds, where the error knows."""
    error = gravest(error)
    if not isinstance(error, TooBusyError):
        return {}
    return {"Retry-After": str(math.ceil(error.retry_after.total_seconds()))}


def gravest(error: PortalError | ExceptionGroup[Exception]) -> PortalError:
    """The error itself; of several the one with the highest status, the first of these."""
    return max(leaves(error), key=status_of) if isinstance(error, ExceptionGroup) else error


def leaves(error: PortalError | ExceptionGroup[Exception]) -> Iterator[PortalError]:
    """The error itself, or each one that a group holds.

    Raises:
        TypeError: the group holds one that is no ``PortalError``.
    """
    if isinstance(error, PortalError):
        yield error
    elif isinstance(error, ExceptionGroup):
        for one in error.exceptions:
            yield from leaves(one)  # type: ignore[arg-type] # what is neither is refused there
    else:
        raise TypeError(f"{type(error).__name__} is no PortalError")


def is_ours(status: int) -> bool:
    """Whether the fault is the server's, of which nobody outside is told more than the code."""
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR
