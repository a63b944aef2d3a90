"""Events, the facts of messages and small collections as JSON documents, and strictly back."""

import json
from datetime import date, datetime
from typing import Any

from attrs import fields_dict, has, resolve_types
from cattrs import Converter

from patientportal.domain.errors import AdapterError
from patientportal.domain.events import Event
from patientportal.domain.messages.facts import FACTS, Facts, MessageKind
from patientportal.domain.values.stored import as_stored
from patientportal.ports.catalogue import EVENTS


def _strictly(wanted: type) -> Any:  # noqa: ANN401 - a hook of any type
    def structure(value: object, target: type) -> object:
        if type(value) is not wanted:
            raise TypeError(f"{wanted.__name__} expected")
        return value if target is wanted else target(value)  # a StrEnum is a str to cattrs too

    return structure


def _moment(value: object, _: object) -> datetime:
    moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    if moment is None or moment.utcoffset() is None:
        raise TypeError("a moment with its offset expected")
    return moment


def _day(value: object, _: object) -> date:
    if not isinstance(value, str):
        raise TypeError("a day expected")
    return date.fromisoformat(value)


def _as_stored(cls: type[Any], converter: Converter) -> Any:  # noqa: ANN401 - a hook of any type
    """How a value of a class that checks input is read: each field strictly by its type, and that is all."""
    resolve_types(cls)
    wanted = {name: one.type for name, one in fields_dict(cls).items()}
    make, hooks = as_stored(cls), {name: converter.get_structure_hook(kind) for name, kind in wanted.items()}

    def structure(value: dict[str, Any], _: object) -> object:
        return make(**{name: hooks[name](one, wanted[name]) for name, one in value.items()})

    return structure


def _of_facts(converter: Converter) -> tuple[Any, Any]:
    """How the facts of a message are written and read: with their kind, which says what else there is."""

    def unstructure(facts: Facts) -> dict[str, Any]:
        return {"kind": facts.kind.value, **converter.unstructure(facts, unstructure_as=type(facts))}

    def structure(value: dict[str, Any], _: object) -> object:
        rest = dict(value)
        return converter.structure(rest, FACTS[MessageKind(rest.pop("kind"))])

    return unstructure, structure


def _strict_converter() -> Converter:
    converter = Converter(forbid_extra_keys=True, detailed_validation=False)
    converter.register_structure_hook_factory(lambda cls: has(cls) and as_stored(cls) is not cls, _as_stored)
    for wanted in (int, bool, str):
        converter.register_structure_hook(wanted, _strictly(wanted))
    converter.register_structure_hook(datetime, _moment)
    converter.register_structure_hook(date, _day)
    converter.register_unstructure_hook(date, date.isoformat)
    converter.register_unstructure_hook(datetime, datetime.isoformat)
    unstructure, structure = _of_facts(converter)
    converter.register_unstructure_hook_func(lambda cls: cls is Facts, unstructure)
    converter.register_structure_hook_func(lambda cls: cls is Facts, structure)
    return converter


_CONVERTER = _strict_converter()
_as_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def written(value: object, wanted: Any) -> str:  # noqa: ANN401 - any annotation
    """The JSON document of a value."""
    return _as_json(_CONVERTER.unstructure(value, unstructure_as=wanted))


def read(document: str, wanted: Any) -> Any:  # noqa: ANN401 - any annotation
    """The value of a JSON document.

    Raises:
        AdapterError: it isn't one of this type.
    """
    try:
        return _CONVERTER.structure(json.loads(document), wanted)
    except Exception:  # noqa: BLE001 - cattrs raises groups of anything, with the values in them
        unreadable = AdapterError(adapter="sql", reason="unreadable_document")
    raise unreadable


def event_class(name: str, version: int) -> type[Event]:
    """The class of an event by the name and version under which it was kept.

    Raises:
        AdapterError: this release doesn't know it.
    """
    known = EVENTS.get(name)
    if known is None or known.version != version:
        raise AdapterError(adapter="sql", reason="unknown_event")
    return known
