"""What the desk's pages about money share: whose it is, and amounts, days and choices as they were typed."""

from datetime import date
from enum import StrEnum
from typing import TypeVar

from babel import Locale, UnknownLocaleError
from babel.numbers import get_currency_symbol, get_territory_currencies

from patientportal import (
    BadInputError,
    Money,
    PatientDetails,
    PatientId,
    StatementDetails,
    StatementId,
)
from patientportal.web.visitor import Visitor

LIST_MAX = 200
Choice = TypeVar("Choice", bound=StrEnum)


def person_of(visitor: Visitor, patient_id: PatientId) -> PatientDetails:
    """Whose money a page is about."""
    return visitor.practice.patients.get(patient_id)


def statement_at(visitor: Visitor) -> StatementDetails:
    """The statement that a page's path names."""
    return visitor.practice.statements.get(StatementId(visitor.at("statement_id")))


def amount_in(visitor: Visitor, name: str, currency: str) -> Money:
    """An amount that was typed.

    Raises:
        BadInputError: of ``amount``: it is none.
    """
    return Money.parse(visitor.form[name].strip(), currency)


def day_in(visitor: Visitor, name: str) -> date:
    """A day that was typed.

    Raises:
        BadInputError: there is none, or it is no day of the calendar.
    """
    found = visitor.form.date(name)
    if found is None:
        raise BadInputError(field=name, problem="empty")
    return found


def choice_in(visitor: Visitor, name: str, kind: type[Choice]) -> Choice:
    """What was chosen of a few.

    Raises:
        BadInputError: it is none of them.
    """
    try:
        return kind(visitor.form[name])
    except ValueError:
        raise BadInputError(field=name, problem="unknown") from None


def symbol(visitor: Visitor, currency: str) -> str:
    """What stands before an amount."""
    found: str = get_currency_symbol(currency, visitor.language.locale)
    return found


def usual_currency(visitor: Visitor) -> str:
    """What is paid with where the practice is."""
    try:
        country = Locale.parse(visitor.site.language, sep="-").territory or "US"
    except (ValueError, UnknownLocaleError):
        country = "US"
    return str(get_territory_currencies(country)[0])
