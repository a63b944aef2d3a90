"""Stores that compare, order and limit otherwise than a query asks."""

from datetime import datetime
from enum import Enum
from typing import Any

from attrs import evolve

from patientportal.domain.accounts.sessions import Session
from patientportal.domain.values.known_days import PartialDate, last_day
from patientportal.ports.store import Is, Query, Where, key_of
from tests.testing.store_contract.bendable import RANKS, Bendable, Rows
from tests.testing.store_contract.broken_keeping import whole_second, with_moments, without_offset
from tests.testing.store_contract.caught import caught_by


@caught_by("equal")
class EqualIgnoresCase(Bendable):
    def asked(self, where: Where) -> Where:
        if where.how is Is.EQ and isinstance(where.value, str):
            return evolve(where, how=Is.ONE_OF, value=(where.value, where.value.capitalize()))
        return where


@caught_by("less_and_greater")
class LessOrEqualIsLess(Bendable):
    def asked(self, where: Where) -> Where:
        return evolve(where, how=Is.LT) if where.how is Is.LE else where


@caught_by("moments_are_compared_to_the_microsecond")
class ComparesWholeSeconds(Bendable):
    def selected(self, query: Query[Any], rows: Rows) -> list[Any]:
        return super().selected(query, {key: with_moments(one, whole_second) for key, one in rows.items()})


@caught_by(
    "moments_are_compared_as_instants_whatever_their_offset",
    "a_moment_with_another_offset_comes_back_as_the_same_instant",
)
class IgnoresOffsets(Bendable):
    def asked(self, where: Where) -> Where:
        return evolve(where, value=without_offset(where.value)) if isinstance(where.value, datetime) else where

    def kept(self, state: Any) -> Any:
        return with_moments(state, without_offset)


@caught_by("text_is_compared_by_code_points")
class SortsAccentsAmongLetters(Bendable):
    def asked(self, where: Where) -> Where:
        return evolve(where, value="\uffff") if (where.how, where.value) == (Is.GT, "z") else where


@caught_by("numbers_are_compared_as_numbers")
class ComparesNumbersAsText(Bendable):
    def asked(self, where: Where) -> Where:
        if where.how is Is.GE and isinstance(where.value, int):
            return evolve(where, how=Is.ONE_OF, value=[n for n in range(100) if str(n) >= str(where.value)])
        return where


@caught_by("one_of")
class OneOfTheFirst(Bendable):
    def asked(self, where: Where) -> Where:
        return evolve(where, value=where.value[:1]) if where.how is Is.ONE_OF else where


@caught_by("one_of_nothing_is_nothing")
class OneOfNothingIsAnything(Bendable):
    def asked(self, where: Where) -> Where | None:
        return None if where.how is Is.ONE_OF and not where.value else where


@caught_by("none")
class NoneIsAnything(Bendable):
    def asked(self, where: Where) -> Where | None:
        return None if where.how is Is.NONE else where


@caught_by("what_is_none_is_neither_less_nor_greater_nor_equal")
class NoneIsTheLeast(Bendable):
    def selected(self, query: Query[Any], rows: Rows) -> list[Any]:
        found = super().selected(query, rows)
        for where in query.where:
            if where.how is Is.LT:
                found += super().selected(evolve(query, where=(Where(where.name, Is.NONE),)), rows)
        return found


@caught_by("all_comparisons_must_hold")
class TheFirstComparisonIsEnough(Bendable):
    def selected(self, query: Query[Any], rows: Rows) -> list[Any]:
        return super().selected(evolve(query, where=query.where[:1]), rows)


@caught_by("members_of_a_closed_list_are_compared")
class ComparesMembersByName(Bendable):
    def asked(self, where: Where) -> Where:
        return evolve(where, value=where.value.name) if isinstance(where.value, Enum) else where


@caught_by("days_known_in_part_stand_among_the_others_as_they_are_written")
class TakesPartsForTheirLastDays(Bendable):
    def asked(self, where: Where) -> Where:
        is_part = isinstance(where.value, PartialDate)
        return evolve(where, value=last_day(where.value)) if is_part else where


@caught_by("a_part_of_a_value_is_named_by_a_dotted_path")
class IgnoresDottedPaths(Bendable):
    def asked(self, where: Where) -> Where | None:
        return None if "." in where.name else where


@caught_by("the_order_is_by_each_field_in_turn_and_can_be_turned_round")
class OrdersByTheFirstFieldAlone(Bendable):
    def selected(self, query: Query[Any], rows: Rows) -> list[Any]:
        return super().selected(evolve(query, order=query.order[:1]), rows)


@caught_by("the_order_is_by_each_field_in_turn_and_can_be_turned_round")
class NeverTurnsRound(Bendable):
    def selected(self, query: Query[Any], rows: Rows) -> list[Any]:
        return super().selected(evolve(query, descending=False), rows)


@caught_by("a_list_goes_on_after_its_cursor", "page_after_page_gives_the_whole_list_once")
class IgnoresTheCursor(Bendable):
    def selected(self, query: Query[Any], rows: Rows) -> list[Any]:
        return super().selected(evolve(query, after=None), rows)


@caught_by("a_limit_takes_the_first_of_the_order")
class LimitsBeforeItOrders(Bendable):
    def selected(self, query: Query[Any], rows: Rows) -> list[Any]:
        found = super().selected(evolve(query, order=(), after=None), rows)
        return super().selected(query, {key_of(one): one for one in found})


@caught_by("a_query_finds_its_own_kind_alone")
class FindsTheWholeTableAndMore(Bendable):
    def selected(self, query: Query[Any], rows: Rows) -> list[Any]:
        if query.state is Session:
            return [one for key, one in rows.items() if RANKS[key.state] <= RANKS[Session]]
        return super().selected(query, rows)
