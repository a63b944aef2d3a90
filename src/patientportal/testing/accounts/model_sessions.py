"""The part of the model for sessions: logging in and off, locks that support ends, and a look around."""

from datetime import timedelta

from patientportal.domain.events import ActorKind
from patientportal.testing.accounts.kept import Count, Person, Seat
from patientportal.testing.accounts.model_base import AccountsModel
from patientportal.testing.machine_base import DONE, Prediction, nothing

SEEN_EVERY = timedelta(minutes=1)


class SessionsModel(AccountsModel):
    """Who gets in, and for how long."""

    def log_in(self, name: str, password: str, device: str) -> Prediction:
        """A lock comes first; only the right password of an active patient lets in."""
        person = self.holder(name)
        if self.is_locked(name):
            return Prediction("account_locked")
        if person is None or not person.is_active or person.password != password:
            return self._wrong(name, ActorKind.ANONYMOUS)

        def effect() -> None:
            self.counts[name] = Count()
            person.seats.append(Seat(self._next(), device, self.now, self.now))
            self.note(person, "logged_in", ActorKind.PATIENT, device)

        return Prediction(DONE, effect)

    def unlock(self, person: Person) -> Prediction:
        """Whatever was counted is forgotten."""
        name = person.name
        if name is None:
            return Prediction("not_found")

        def effect() -> None:
            if self.counts[name].has_locked:
                person.lock_told_at = None
            self.counts[name] = Count()
            self.note(person, "unlocked", ActorKind.STAFF)

        return Prediction(DONE, nothing if self.counts[name] == Count() else effect)

    def resume(self, seat: Seat, *, forged: bool, extend: bool) -> Prediction:
        """A live session goes on, and that is written down once a minute where somebody asked."""
        if forged or not self.is_live(seat):
            return Prediction("session_ended")
        if not extend or self.now - seat.seen_at < min(SEEN_EVERY, self.policy.sessions.idle / 4):
            return Prediction(DONE)

        def effect() -> None:
            seat.seen_at = self.now

        return Prediction(DONE, effect)

    def log_off(self, person: Person, seat: Seat) -> Prediction:
        """Always done; the first time is worth a note."""

        def effect() -> None:
            if not seat.is_over:
                seat.is_over = True
                self.note(person, "logged_off", ActorKind.PATIENT, seat.device)

        return Prediction(DONE, effect)

    def log_off_device(self, person: Person, seat: Seat, wanted: Seat | None) -> Prediction:
        """Whoever is in may end any session of theirs; once is worth a note."""
        if not self.is_live(seat):
            return Prediction("session_ended")
        if wanted is None:
            return Prediction("not_found")

        def effect() -> None:
            if not wanted.is_over:
                wanted.is_over = True
                self.note(person, "device_logged_off", ActorKind.PATIENT, seat.device)

        return Prediction(DONE, effect)

    def log_off_everywhere(self, person: Person, seat: Seat) -> Prediction:
        """Whoever is in may end all."""
        if not self.is_live(seat):
            return Prediction("session_ended")

        def effect() -> None:
            self._end_seats(person)
            self.note(person, "logged_off_everywhere", ActorKind.PATIENT, seat.device)

        return Prediction(DONE, effect)

    def look(self, seat: Seat) -> Prediction:
        """Whoever is in may look, and that changes nothing."""
        return Prediction(DONE if self.is_live(seat) else "session_ended")
