"""The practice finds patients by what is known of them: one look-up by an index, and the rest compared here."""

from datetime import date
from typing import Any

from attrs import field, frozen

from patientportal.application.accounts.registration import PatientDetails, details
from patientportal.application.environment import Environment
from patientportal.application.on_patient import permitted
from patientportal.domain.accounts.activation import Account
from patientportal.domain.errors import BadInputError
from patientportal.domain.ids import PatientId
from patientportal.domain.patients.patients import Patient, PersonalRecord
from patientportal.domain.patients.personal import NAME_MAX
from patientportal.domain.patients.phones import usable_phone
from patientportal.domain.patients.search_words import (
    SearchWord,
    WordOf,
    is_same_phone,
    name_word,
    phone_word,
    words_of,
)
from patientportal.domain.staff import StaffMember
from patientportal.domain.values.days import usable_day
from patientportal.domain.values.text import line
from patientportal.ports.store import Is, Key, Query, View, Where

FOUND_MAX = 100
LOOKED_AT_MAX = 1_000
TEXT_MAX = 2 * NAME_MAX + 2  # both names, a comma and a space


@frozen(kw_only=True)
class _Sought:
    """What is known of whoever is looked for.

    Attributes:
        words: the most telling first.
        phone: as it was typed.
        date_of_birth: theirs.
    """

    words: tuple[tuple[WordOf, str], ...] = field(repr=False)
    phone: str | None = field(repr=False)
    date_of_birth: date | None = field(repr=False)

    def fits(self, record: PersonalRecord) -> bool:
        """Whether the rest of it holds, too, of somebody who was looked up by the first of the words."""
        rest = self.words[1:]
        if rest and not {(word.of, word.word) for word in words_of(record)}.issuperset(rest):
            return False
        return self.phone is None or is_same_phone(record.personal.phone or "", self.phone)


def find(
    env: Environment,
    member: StaffMember,
    *,
    last_name: str | None,
    date_of_birth: date | None,
    text: str | None,
    phone: str | None,
) -> tuple[PatientDetails, ...]:
    """The patients of whom all that is given holds, by birth date and id; at most 100."""
    permitted(env, member, "patients.find")
    sought = _sought(last_name=last_name, date_of_birth=date_of_birth, text=text, phone=phone)
    with env.store.view() as view:
        candidates = _candidates(view, sought)
        records = view.find_all(*(Key(PersonalRecord, (patient_id,)) for patient_id in candidates))
        fitting = [one for one in records if one is not None and sought.fits(one)][:FOUND_MAX]
        keys: list[Key[Any]] = [Key(kind, (one.patient_id,)) for kind in (Patient, Account) for one in fitting]
        rest = view.find_all(*keys)
    patients, accounts = rest[: len(fitting)], rest[len(fitting) :]
    return tuple(details(*one, env=env) for one in zip(patients, fitting, accounts, strict=True))


def _sought(*, last_name: object, date_of_birth: date | None, text: object, phone: object) -> _Sought:
    words = []
    number = None
    if last_name is not None:
        words.append((WordOf.LAST_NAME, name_word(line(last_name, field="last_name", at_most=NAME_MAX))))
    if date_of_birth is not None:
        usable_day(date_of_birth, field="date_of_birth")
    if text is not None:
        words.append((WordOf.NAME, name_word(line(text, field="text", at_most=TEXT_MAX))))
    if phone is not None:
        number = usable_phone(phone)
        if not phone_word(number):
            raise BadInputError(field="phone", problem="bad_format")
        words.append((WordOf.PHONE, phone_word(number)))
    if not words and date_of_birth is None:
        raise BadInputError(field="text", problem="empty")
    return _Sought(words=tuple(reversed(words)), phone=number, date_of_birth=date_of_birth)


def _candidates(view: View, sought: _Sought) -> list[PatientId]:
    """Whoever the most telling of it, with the birth date, may be about; more of them where more is to be compared."""
    born = sought.date_of_birth
    limit = FOUND_MAX if len(sought.words) <= 1 and sought.phone is None else LOOKED_AT_MAX
    if not sought.words:
        where = (Where("personal.date_of_birth", Is.EQ, born),)
        records = view.select(Query(state=PersonalRecord, where=where, order=("patient_id",), limit=limit))
        return [one.patient_id for one in records]
    of, word = sought.words[0]
    is_born = () if born is None else (Where("date_of_birth", Is.EQ, born),)
    by_word = Query(
        state=SearchWord,
        where=(Where("of", Is.EQ, of), Where("word", Is.EQ, word), *is_born),
        order=("date_of_birth", "patient_id"),
        limit=limit,
    )
    return [one.patient_id for one in view.select(by_word)]
