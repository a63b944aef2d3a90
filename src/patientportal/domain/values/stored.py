"""Values as they were stored: made again without the checks of input, which know only what this machine knows."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeVar

from attrs import fields, fields_dict

T = TypeVar("T")
_set = object.__setattr__  # the way into a frozen value, which attrs' own __init__ takes, too


def as_stored(cls: type[T]) -> Callable[..., T]:
    """What makes a value of its fields as they were stored: it runs neither converters nor the checks of the class.

    What was checked when it came in is trusted from then on, so that another Unicode, time zone database or list of
    currencies makes no row unreadable, and takes no list with it. The types are for whoever stores to keep.

    Args:
        cls: an attrs class; one that checks nothing is called as it is.

    Returns:
        A function that takes every field of the class by its name, and raises a ``TypeError`` where one is missing.
    """
    checks = any(one.converter or one.validator for one in fields(cls))  # type: ignore[arg-type] # an attrs class
    if not checks and not hasattr(cls, "__attrs_post_init__"):
        return cls
    names = set(_names(cls))  # type: ignore[arg-type] # a class is hashable, whatever its instances are

    def made(**values: Any) -> T:
        if values.keys() != names:
            raise TypeError(f"{cls.__name__} takes its own fields, and all of them")
        return _made(cls, values)

    return made


def revised(value: T, **changes: Any) -> T:
    """The same value with other values in some fields, which whoever calls has checked; the others aren't again.

    Args:
        value: of an attrs class.
        changes: the new values, by the names of their fields.
    """
    cls = type(value)
    names = _names(cls)  # type: ignore[arg-type] # a class is hashable, whatever its instances are
    return _made(cls, {name: getattr(value, name) for name in names} | changes)


@cache
def _names(cls: type[Any]) -> tuple[str, ...]:
    return tuple(fields_dict(cls))


def _made(cls: type[T], values: Mapping[str, Any]) -> T:
    one = object.__new__(cls)
    for name, value in values.items():
        _set(one, name, value)
    return one
