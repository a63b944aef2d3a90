"""What a form says: read within bounds, and missing fields told all at once."""

import datetime as dt
import re
from collections.abc import AsyncIterator, Callable, Mapping
from types import MappingProxyType
from typing import TypeVar

import anyio
from attrs import field, frozen
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message, Receive

from patientportal import BadInputError, PartialDate, RefusedError

T = TypeVar("T")

FIELDS_MAX = 200
_NUMBER = re.compile(r"[0-9]{1,4}", re.ASCII)
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", re.ASCII)
_NOTHING: Mapping[str, str] = MappingProxyType({})


@frozen(repr=False)
class Form:
    """The fields of a form; none, where nothing was sent.

    Attributes:
        fields: by name; of a name that is there more than once, the last.
        lists: all that is there under a name, such as boxes that are ticked.
        files: what was sent with it, by name: its media type and its content.
    """

    fields: Mapping[str, str] = _NOTHING
    lists: Mapping[str, tuple[str, ...]] = field(factory=dict)
    files: Mapping[str, tuple[str, bytes]] = field(factory=dict)

    def __getitem__(self, name: str) -> str:
        """What stands in a field; nothing, where it isn't there."""
        return self.fields.get(name, "")

    def all(self, name: str) -> tuple[str, ...]:
        """Everything that was sent under a name."""
        return self.lists.get(name, ())

    def need(self, *names: str) -> None:
        """Every one of these fields is filled in, or all that aren't are told.

        Args:
            names: of fields, of files, or of dates in three parts.

        Raises:
            ExceptionGroup: of a ``BadInputError`` for each that is empty.
        """
        empty = [
            name
            for name in names
            if not self[name].strip() and not any(map(str.strip, self._parts(name))) and name not in self.files
        ]
        if empty:
            raise ExceptionGroup("form", [BadInputError(field=name, problem="empty") for name in empty])

    def number(self, name: str) -> int | None:
        """A whole number of up to four digits; ``None``: nothing was typed.

        Raises:
            BadInputError: of ``name``, ``bad_format``: it is none.
        """
        typed = self[name].strip()
        if typed and not _NUMBER.fullmatch(typed):
            raise BadInputError(field=name, problem="bad_format")
        return int(typed) if typed else None

    def date(self, name: str) -> dt.date | None:
        """A day that was typed in three parts; ``None``: in none of them.

        Raises:
            BadInputError: of ``name``, ``bad_format``: it is no day of the calendar.
        """
        known = self.partial_date(name)
        if isinstance(known, PartialDate):
            raise BadInputError(field=name, problem="bad_format")
        return known

    def partial_date(self, name: str) -> dt.date | PartialDate | None:
        """A day of which perhaps only the year, or the month, is known; ``None``: nothing was typed.

        Raises:
            BadInputError: of ``name``, ``bad_format``: it is no day of the calendar.
        """
        parts = [part.strip() for part in self._parts(name)]
        if not any(parts):
            return None
        if not all(_NUMBER.fullmatch(part) for part in parts if part) or not parts[0]:
            raise BadInputError(field=name, problem="bad_format")
        year, month, day = (int(part) if part else None for part in parts)
        try:
            if year and month and day:
                return dt.date(year, month, day)
            return PartialDate(year or 0, month, day)
        except (ValueError, BadInputError):
            raise BadInputError(field=name, problem="bad_format") from None

    def time(self, name: str) -> dt.time | None:
        """A time of day, such as ``9:30``; ``None``: nothing was typed.

        Raises:
            BadInputError: of ``name``, ``bad_format``: it is none.
        """
        typed = self[name].strip()
        found = _TIME.fullmatch(typed)
        if typed and not found:
            raise BadInputError(field=name, problem="bad_format")
        return dt.time(int(found[1]), int(found[2])) if found else None

    def minutes(self, name: str) -> dt.timedelta | None:
        """How long something lasts, in whole minutes; ``None``: nothing was typed.

        Raises:
            BadInputError: of ``name``, ``bad_format``: it is no number of up to four digits.
        """
        typed = self[name].strip()
        if typed and not _NUMBER.fullmatch(typed):
            raise BadInputError(field=name, problem="bad_format")
        return dt.timedelta(minutes=int(typed)) if typed else None

    def _parts(self, name: str) -> tuple[str, str, str]:
        return self[f"{name}-year"], self[f"{name}-month"], self[f"{name}-day"]


def given(value: T | None, name: str) -> T:
    """What stands in a field that must be filled in.

    Args:
        value: as it was read.
        name: of the field.

    Raises:
        BadInputError: ``empty``: it is nothing.
    """
    if value is None:
        raise BadInputError(field=name, problem="empty")
    return value


def together(*checks: Callable[[], object]) -> None:
    """Each of these holds, or everything that is wrong is told at once.

    Args:
        checks: of one form, in the order of its fields.

    Raises:
        ExceptionGroup: of all that they raised.
    """
    wrong: list[Exception] = []
    for check in checks:
        try:
            check()
        except (BadInputError, RefusedError) as error:
            wrong.append(error)
        except ExceptionGroup as several:
            wrong.extend(several.exceptions)
    if wrong:
        raise ExceptionGroup("form", wrong)


async def read(request: Request, *, bytes_max: int, seconds_max: float) -> Form:
    """A form as it was sent.

    Args:
        request: a POST.
        bytes_max: how long its body may be.
        seconds_max: how long it may take to arrive.

    Raises:
        HTTPException: 400: it is no form; 408: it didn't come in time; 413: it is too long.
    """
    length = request.headers.get("content-length", "")
    if length.isdecimal() and float(length) > bytes_max:
        raise HTTPException(413)
    bounded = Request(request.scope, _counted(request.receive, bytes_max))
    try:
        with anyio.fail_after(seconds_max):
            async with bounded.form(max_files=1, max_fields=FIELDS_MAX, max_part_size=bytes_max) as sent:
                return Form(
                    {name: value for name, value in sent.multi_items() if isinstance(value, str)},
                    {name: tuple(one for one in sent.getlist(name) if isinstance(one, str)) for name in sent},
                    {name: found async for name, found in _files(sent)},
                )
    except TimeoutError:
        raise HTTPException(408) from None


async def _files(sent: FormData) -> AsyncIterator[tuple[str, tuple[str, bytes]]]:
    for name, value in sent.multi_items():
        if isinstance(value, UploadFile) and value.filename:
            yield name, (value.content_type or "", await value.read())


def _counted(receive: Receive, bytes_max: int) -> Receive:
    """The body as it comes, which may have no length of its own."""
    so_far = 0

    async def counted() -> Message:
        nonlocal so_far
        message = await receive()
        so_far += len(message.get("body", b""))
        if so_far > bytes_max:
            raise HTTPException(413)
        return message

    return counted
