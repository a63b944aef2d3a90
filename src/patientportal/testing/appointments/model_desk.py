"""What the desk's booking and moving will come to: the last layer of the model of ``AppointmentsMachine``."""

from patientportal.domain.appointments.directory import VisitType
from patientportal.domain.told import NoticeKind
from patientportal.testing.appointments.kept import Person, Slot, Visit
from patientportal.testing.appointments.model_forms import FormsModel
from patientportal.testing.machine_base import DONE, Prediction, nothing


class DeskModel(FormsModel):
    """The practice, with a desk that books for those who phone."""

    def book_by_practice(
        self, person: Person, slot: Slot | None, reason: str, key: str | None, kind: VisitType | None
    ) -> Prediction:
        """For whoever isn't shut out, as they themselves could; under one key one visit."""
        kept = [visit for visit in self.visits if visit.person is person and visit.key == key is not None]
        if kept:
            is_same = kept[0].slot is slot and (kept[0].reason, kept[0].kind) == (reason, kind)
            return Prediction(DONE, nothing) if is_same else Prediction(f"idempotency_key_reused: {kept[0].id}")
        if slot is None or slot.is_withdrawn:
            return Prediction("not_found: slot")
        if slot.visit is not None and slot.visit.person is person and person.is_active:
            return Prediction(DONE, nothing)
        refusal = self._why_not_free(slot, person, kind) if person.is_active else "patient_inactive"
        if refusal:
            return Prediction(refusal)

        def effect() -> None:
            visit = self._book(person, slot, reason, kind)
            visit.key = key
            self._tell(person, NoticeKind.VISIT_BOOKED, visit)

        return Prediction(DONE, effect)

    def reschedule_by_practice(self, visit: Visit | None, slot: Slot | None) -> Prediction:
        """A booked one that is ahead, at any notice, of whoever isn't shut out."""
        if visit is None:
            return Prediction("not_found: appointment")
        if visit.later is not None and slot is not None and slot.visit is visit.later:
            return Prediction(DONE, nothing)
        if visit.status != "booked":
            return Prediction(f"not_booked: {visit.status}")
        if slot is None or slot.is_withdrawn:
            return Prediction("not_found: slot")
        inactive = "" if visit.person.is_active else "patient_inactive"
        refusal = (
            inactive or self._why_not_ahead(visit) or self._why_not_free(slot, visit.person, visit.kind, but_for=visit)
        )
        return Prediction(refusal) if refusal else Prediction(DONE, lambda: self._move(visit, slot, by="staff"))
