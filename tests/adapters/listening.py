"""Every query that the library makes: where in its source, and what is asked by whatever runs meanwhile."""

import ast
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from attrs import define, evolve, field

import patientportal
from patientportal import MemoryStore, Store
from patientportal.ports.store import Is, Query

SOURCE = Path(patientportal.__file__).parent
NOT_OURS = ("testing", "self_check")  # what tests and the check of a set-up ask, of a store that they fill
Site = tuple[str, int]
Shape = tuple[type[Any], tuple[tuple[str, Is], ...], tuple[str, ...]]


def sites() -> set[Site]:
    """Where in the source a query is made."""
    return {
        (str(path), call.lineno)
        for path in SOURCE.rglob("*.py")
        if path.relative_to(SOURCE).parts[0] not in NOT_OURS
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Query"
    }


def shape(query: Query[Any]) -> Shape:
    """What stays of a query whatever page of it is asked for."""
    return query.state, tuple((where.name, where.how) for where in query.where), query.order


@define
class Heard:
    """What was asked while somebody listened.

    Attributes:
        made_at: where in the source its queries were made.
        makers: which functions made a query of a shape.
        asked: all of them, and the page after the first of each.
    """

    made_at: set[Site] = field(factory=set)
    makers: dict[Shape, set[str]] = field(factory=dict)
    asked: list[Query[Any]] = field(factory=list)

    def made(self, query: Query[Any], by: FrameType | None) -> None:
        """By whom: what is made of another query is another's only if it differs in more than its page."""
        is_evolved = by is not None and by.f_code is evolve.__code__
        while by is not None and not by.f_code.co_filename.startswith(str(SOURCE)):
            by = by.f_back
        if by is None:
            return
        path = by.f_code.co_filename
        if not is_evolved:
            self.made_at.add((path, by.f_lineno))
        if not is_evolved or shape(query) not in self.makers:
            self.makers.setdefault(shape(query), set()).add(f"{Path(path).stem}.{by.f_code.co_name}")

    def answered(self, query: Query[Any], found: Any) -> Any:
        self.asked.append(query)
        if found and query.order and query.limit is not None and query.after is None:
            place = tuple(_value(found[-1], path) for path in query.order)
            self.asked.append(evolve(query, after=place))
        return found


@contextmanager
def listening() -> Iterator[tuple[Heard, Store]]:
    """Listens to a store in memory, and to whoever makes a query."""
    heard = Heard()
    checked = Query.__attrs_post_init__

    def checked_and_heard(query: Query[Any]) -> None:
        checked(query)
        heard.made(query, sys._getframe(2))  # behind this and the query's __init__

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Query, "__attrs_post_init__", checked_and_heard)
        yield heard, _Listening(heard)


class _Listening(Store):
    def __init__(self, heard: Heard) -> None:
        self._inner: Store = MemoryStore()
        self._heard = heard

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        with self._inner.transaction() as block:
            yield _Block(block, self._heard)

    @contextmanager
    def view(self) -> Iterator[Any]:
        with self._inner.view() as block:
            yield _Block(block, self._heard)

    def find_all(self, *asked: Any) -> Any:
        with self.view() as view:
            return view.find_all(*asked)

    def close(self) -> None:
        self._inner.close()


class _Block:
    def __init__(self, inner: Any, heard: Heard) -> None:
        self._inner = inner
        self._heard = heard

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def select(self, query: Query[Any]) -> Any:
        return self._heard.answered(query, self._inner.select(query))

    def claim(self, query: Query[Any]) -> Any:
        found = self._inner.claim(query)
        self._heard.answered(query, () if found is None else [found])
        return found

    def find_all(self, *asked: Any) -> Any:
        return self._all(asked, self._inner.find_all(*asked))

    def get_all(self, *asked: Any) -> Any:
        return self._all(asked, self._inner.get_all(*asked))

    def _all(self, asked: Any, found: Any) -> Any:
        for one, answer in zip(asked, found, strict=True):
            if isinstance(one, Query):
                self._heard.answered(one, answer)
        return found


def _value(state: object, path: str) -> Any:
    for name in path.split("."):
        state = getattr(state, name)
    return state
