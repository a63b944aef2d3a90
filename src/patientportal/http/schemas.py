"""The JSON Schema of what ``to_json`` and ``problem`` give: draft 2020-12, as OpenAPI 3.1 takes it."""

import inspect
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import Enum
from http import HTTPStatus
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

from attrs import fields

from patientportal import Facts, Money, Page, PartialDate, PortalError
from patientportal.http.statuses import is_ours, status_of
from patientportal.http.views import VIEWS

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TEXT = {"type": "string"}
_VALUES: Mapping[type, dict[str, Any]] = {
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    str: _TEXT,
    NoneType: {"type": "null"},
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
    PartialDate: {"type": "string", "pattern": "^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$"},
    timedelta: {"type": "string", "format": "duration", "pattern": "^PT[0-9]+S$"},
}


def schema(kind: Any) -> dict[str, Any]:  # noqa: ANN401 - no type names what Page[Visit] and Visit | None are
    """The JSON Schema of a view, a page, an error or an enumeration, with nothing outside it to look up.

    Every field is always there; a later release may add some. Of an error it is ``problem``'s body.

    Args:
        kind: such as ``Visit``, ``Page[Visit]``, ``tuple[PatientVisit, ...]``, ``StatementDetails | None``,
            ``SlotTakenError`` or ``AppointmentStatus``.

    Raises:
        TypeError: it is no view, such as ``Document``.

    >>> from patientportal import Visit
    >>> schema(Page[Visit])["properties"]["items"]["items"]["properties"]["starts_at"]
    {'type': 'string', 'format': 'date-time'}
    """
    return {"$schema": DIALECT, **_of(kind)}


def responses(kind: Any, *errors: type[PortalError]) -> dict[int | str, dict[str, Any]]:  # noqa: ANN401 - as schema
    """What a call answers, as an operation of OpenAPI 3.1 lists it (``responses=`` of FastAPI).

    Args:
        kind: what it returns, as ``schema`` takes it; ``None``: nothing, it is 204.
        errors: what it is refused with, by ``problem``.

    Raises:
        TypeError: it is no view.

    >>> from patientportal import Visit, VisitsOverlapError, SlotTakenError
    >>> found = responses(Page[Visit], SlotTakenError, VisitsOverlapError)
    >>> list(found), len(found[409]["content"]["application/problem+json"]["schema"]["anyOf"])
    ([200, 409], 2)
    """
    done = HTTPStatus.NO_CONTENT if kind is None else HTTPStatus.OK
    found: dict[int | str, dict[str, Any]] = {int(done): {"description": done.phrase}}
    if kind is not None:
        found[int(done)]["content"] = {"application/json": {"schema": schema(kind)}}
    for status in sorted({status_of(error) for error in errors}):
        said = {"anyOf": [_of(error) for error in errors if status_of(error) == status]}
        content = {"application/problem+json": {"schema": {"$schema": DIALECT, **said}}}
        found[status] = {"description": HTTPStatus(status).phrase, "content": content}
    return found


def _of(kind: Any) -> dict[str, Any]:  # noqa: ANN401 - as schema
    kind = getattr(kind, "__supertype__", kind)  # an id is its text
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in {Union, UnionType}:
        return {"anyOf": [_of(one) for one in arguments]}
    if origin is tuple:
        return {"type": "array", "items": _of(arguments[0])}
    if origin is Page:
        return _titled(Page, {"items": {"type": "array", "items": _of(arguments[0])}, "next_cursor": _of(str | None)})
    if isinstance(kind, type):
        return _of_class(kind)
    raise TypeError(f"{kind!r} is no view")


def _of_class(kind: type) -> dict[str, Any]:
    if kind in _VALUES:
        return dict(_VALUES[kind])
    if kind is Money:
        return _titled(Money, {"amount": {**_TEXT, "pattern": r"^[0-9]+(\.[0-9]+)?$"}, "currency": _TEXT})
    if issubclass(kind, Enum):
        members = [member.value for member in kind]
        return {"title": kind.__name__, "enum": members} if members else _TEXT  # StrEnum itself: any code
    if issubclass(kind, PortalError):
        return _problem(kind)
    if kind is Facts:
        return {"anyOf": [_of(one) for one in Facts.__subclasses__()]}
    if kind is not Page and issubclass(kind, VIEWS):
        return _object(kind, _types(kind))
    raise TypeError(f"{kind.__name__} is no view")


def _problem(kind: type[PortalError]) -> dict[str, Any]:
    status = status_of(kind)
    properties: dict[str, Any] = {
        "type": {**_TEXT, "format": "uri-reference"},
        "title": {"const": HTTPStatus(status).phrase},
        "status": {"const": status},
        "code": {"const": kind.code},
    }
    data = _types(kind)
    if data and not is_ours(status):
        properties["data"] = _titled(None, {name: _of(one) for name, one in data.items()})
    always = list(properties)
    said = {
        "errors": {"type": "array", "items": _titled(None, {"code": _TEXT})},  # of a form's together
        "detail": _TEXT,
        "fields": {"type": "object", "additionalProperties": {"type": "array", "items": _TEXT}},
    }
    return _titled(kind, {**properties, **said}, always=always)


def _types(kind: type) -> dict[str, Any]:
    return {one.name: one.type for one in fields(kind)}


def _object(kind: type, types: Mapping[str, Any]) -> dict[str, Any]:
    return _titled(kind, {name: _of(one) for name, one in types.items()})


def _titled(kind: type | None, properties: dict[str, Any], *, always: list[str] | None = None) -> dict[str, Any]:
    required = list(properties) if always is None else always
    shape = {"type": "object", "properties": properties, "required": required}
    if kind is None:
        return shape
    about = (inspect.getdoc(kind) or "").partition("\n\n")[0]
    return {"title": kind.__name__, "description": about, **shape}
