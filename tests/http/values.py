"""Any value of an annotated type, for views that no example of the practice makes."""

from datetime import date, datetime, timedelta
from enum import Enum, StrEnum
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

import attrs
from hypothesis import strategies as st

from patientportal import (
    AppointmentStatus,
    Facts,
    Money,
    Page,
    PartialDate,
    PersonalInformation,
    Place,
    Provider,
    VisitType,
    Window,
)
from patientportal.testing import strategies

ALREADY: dict[Any, st.SearchStrategy[Any]] = {
    bool: st.booleans(),
    int: st.integers(0, 10**12),
    str: st.text(max_size=5),
    NoneType: st.none(),
    StrEnum: st.sampled_from(AppointmentStatus),
    datetime: strategies.moments(),
    date: st.dates(),
    timedelta: st.timedeltas(timedelta(0), timedelta(days=900)),
    PartialDate: st.builds(PartialDate, st.integers(1, 9999), st.none() | st.integers(1, 12)),
    Money: strategies.money(),
    PersonalInformation: strategies.personal_information(),
    Place: strategies.places(),
    Provider: strategies.providers(),
    VisitType: strategies.visit_types(),
    Window: strategies.windows(),
}


def values(hint: Any) -> st.SearchStrategy[Any]:
    hint = getattr(hint, "__supertype__", hint)
    origin, arguments = get_origin(hint), get_args(hint)
    if hint in ALREADY:
        return ALREADY[hint]
    if origin in {Union, UnionType} or hint is Facts:
        return st.one_of(*map(values, arguments or Facts.__subclasses__()))
    if origin is tuple:
        return st.lists(values(arguments[0]), max_size=2).map(tuple)
    if origin is Page:
        return st.builds(
            Page,
            items=st.lists(values(arguments[0]), max_size=2).map(tuple),
            next_cursor=st.none() | st.text(max_size=5),
        )
    if issubclass(hint, Enum):
        return st.sampled_from(hint)
    return st.builds(hint, **{one.alias: values(one.type) for one in attrs.fields(hint)})
