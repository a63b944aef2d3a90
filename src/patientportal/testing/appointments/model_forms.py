"""What a form under a key will come to, once and again: a layer of the model of ``AppointmentsMachine``."""

from collections.abc import Sequence
from typing import TypeVar

from patientportal.domain.appointments.directory import VisitType
from patientportal.domain.appointments.requests import Window
from patientportal.domain.ids import StaffId
from patientportal.testing.appointments.kept import Person, Request, Slot, Visit
from patientportal.testing.appointments.model import AppointmentsModel
from patientportal.testing.machine_base import DONE, Prediction, nothing

F = TypeVar("F", Visit, Request)


def under(kept: Sequence[F], person: Person, form: str | None) -> F | None:
    """What somebody has under the key of a form."""
    return next((one for one in kept if one.person is person and one.form == form is not None), None)


class FormsModel(AppointmentsModel):
    """The practice, whose patients send forms that have keys."""

    def book_by_form(
        self, person: Person, slot: Slot | None, reason: str, kind: VisitType | None, form: str | None
    ) -> Prediction:
        """Under one key one visit, whatever became of it."""
        kept = under(self.visits, person, form)
        if kept is not None and person.is_in:
            is_same = kept.slot is slot and (kept.reason, kept.kind) == (reason, kind)
            return _again(kept, is_same=is_same)
        return _kept_under(form, self.visits, self.book(person, slot, reason, kind))

    def request_by_form(
        self,
        person: Person,
        provider_id: StaffId | None,
        reason: str,
        windows: tuple[Window, ...],
        form: str | None,
    ) -> Prediction:
        """Under one key one request, whatever became of it; what no form can say is refused before."""
        kept = under(self.requests, person, form)
        fresh = self.request(person, provider_id, reason, windows)
        if kept is None or fresh.answer in {"session_ended", "bad_input: too_few", "bad_input: too_many"}:
            return _kept_under(form, self.requests, fresh)
        return _again(kept, is_same=(kept.provider_id, kept.reason, kept.windows) == (provider_id, reason, windows))


def _again(kept: Visit | Request, *, is_same: bool) -> Prediction:
    return Prediction(DONE, nothing) if is_same else Prediction(f"idempotency_key_reused: {kept.id}")


def _kept_under(form: str | None, kept: Sequence[Visit] | Sequence[Request], prediction: Prediction) -> Prediction:
    """The same, and what it adds is kept under the key."""
    effect = prediction.effect
    if effect is None:
        return prediction

    def under_the_key() -> None:
        before = len(kept)
        effect()
        for one in kept[before:]:
            one.form = form

    return Prediction(prediction.answer, under_the_key)
