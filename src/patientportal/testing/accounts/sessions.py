"""The part of the machine for sessions: log-ins, locks, and what becomes of whoever is in."""

from datetime import timedelta
from functools import partial

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from patientportal.domain.ids import SessionId
from patientportal.domain.values.tokens import parsed
from patientportal.patient_access import PatientAccess
from patientportal.testing.accounts.kept import Person, Seat
from patientportal.testing.accounts.machine_base import AccountsMachine, patients
from patientportal.testing.accounts.model_base import IN_A_ROW_MAX
from patientportal.testing.accounts.typed import NOBODYS, SPELLINGS, devices, forged_from, good_passwords, typed
from patientportal.testing.machine_base import DONE, INSTANT, Prediction, agree, indexes, latest, offsets, rarely
from patientportal.testing.world import PASSWORD

REQUESTS_A_DAY_MAX = 100


class SessionsMachine(AccountsMachine):
    """Patients, and whoever pretends to be one, try to get in, and are in until that ends."""

    # Getting in

    @rule(who=typed, password=good_passwords, device=devices)
    def log_in(self, who: tuple[str, str], password: str, device: str) -> None:
        """Somebody tries a name and a password."""
        name, spelling = who
        holder, locked = self.model.holder(name), self.model.is_locked(name)
        last_chance = self.model.counts[name].wrong == self.policy.lockout.attempts - 1
        self._reach("a right password came while locked", when=locked and holder and holder.password == password)
        self._reach("an inactive patient tried", when=holder and not holder.is_active)
        answer, handle = self._ask(
            lambda: self.portal.log_in(spelling, password, device=device), self.model.log_in(name, password, device)
        )
        self._judge(name, answer)
        if answer == "wrong_credentials: 0":
            self._reach("somebody locked" if holder else "an unknown name locked")
            self._reach("a locked name had a session open", when=holder and self._live(holder))
        if handle is not None and holder is not None:
            holder.seats[-1].handle = handle
            self._agree_on_ends(holder.seats[-1], handle)
            self._reach("a right password after all but one wrong one", when=last_chance)

    @precondition(lambda self: self.members())
    @rule(which=indexes, device=devices)
    def log_in_rightly(self, which: int, device: str) -> None:
        """A patient types their name, somehow, and their password."""
        _, name, password = latest(self.members(), which)
        self.log_in((name, SPELLINGS[name][which % len(SPELLINGS[name])]), password, device)

    @rule(who=typed, times=st.integers(1, 5))
    def guess(self, who: tuple[str, str], times: int) -> None:
        """Somebody guesses, again and again."""
        for _ in range(times):
            self.log_in(who, NOBODYS, "")

    @precondition(lambda self: self.members())
    @rule(which=indexes, times=st.sampled_from((1, 3, 3, 5)), again=st.booleans())
    def forget_the_password(self, which: int, times: int, *, again: bool) -> None:
        """A patient doesn't remember the password, and then perhaps does."""
        _, name, password = latest(self.members(), which)
        self.guess((name, name), times)
        if again:
            self.log_in((name, name), password, "phone")

    @precondition(lambda self: self.policy.lockout.unlock_after)
    @rule(who=typed, again=st.booleans())
    def guess_through_locks(self, who: tuple[str, str], *, again: bool) -> None:
        """Somebody guesses on, each time a lock is over, until time ends it no more."""
        name, _ = who
        for _ in range(IN_A_ROW_MAX):
            self.guess(who, self.policy.lockout.attempts)
            if (ends_at := self.model.lock_ends_at(name)) is None:
                break
            self._wait_until(ends_at)
        if again:
            self._wait_until(self.model.now + timedelta(days=1))
            self.guess(who, 1)

    @rule(somebody=patients)
    def unlock(self, somebody: Person) -> None:
        """Support ends a lock."""
        was_locked = somebody.name is not None and self.model.is_locked(somebody.name)
        answer, _ = self._ask(lambda: self.desk.support.unlock(somebody.id), self.model.unlock(somebody))
        if answer == DONE and somebody.name:
            self._forget(somebody.name)
            self._reach("a lock ended by support", when=was_locked)

    # Being in

    @precondition(lambda self: self.seats())
    @rule(which=indexes, forged=rarely, extend=st.booleans())
    def resume(self, which: int, *, forged: bool, extend: bool) -> None:
        """The next request of any session there ever was, or of one that looks like it, made by somebody or a page."""
        somebody, seat, handle = latest(self.seats(), which)
        token = forged_from(handle.token) if forged else handle.token
        prediction = self.model.resume(seat, forged=forged, extend=extend)
        _, resumed = self._ask(lambda: self.portal.resume(token, extend=extend), prediction)
        if resumed is not None:
            agree("whose it is", predicted=somebody.id, answered=resumed.patient_id)
            self._agree_on_ends(seat, resumed)
            seat.handle = resumed

    def _agree_on_ends(self, seat: Seat, handle: PatientAccess) -> None:
        by_idleness, by_age = self.model.ends_of(seat)
        predicted = min(by_idleness, by_age), by_age
        agree("when it ends", predicted=predicted, answered=(handle.idle_until, handle.ends_at))

    @precondition(lambda self: self.seats())
    @rule(which=indexes, offset=offsets)
    def work_all_day(self, which: int, offset: timedelta) -> None:
        """A patient is never idle for long, until the session is about to be too old, or just is."""
        _, seat, _ = latest(self.seats(), which)
        idle, (_, too_old_at) = self.policy.sessions.idle, self.model.ends_of(seat)
        for _ in range(REQUESTS_A_DAY_MAX):
            left = too_old_at + offset - self.model.now
            if not self.model.is_live(seat) or left <= timedelta(0):
                return
            self._wait_until(self.model.now + min(idle - INSTANT, left))
            self.resume(which, forged=False, extend=True)

    @precondition(lambda self: self.seats())
    @rule(which=indexes, offset=offsets)
    def be_idle(self, which: int, offset: timedelta) -> None:
        """A patient comes back when the session is about to be over, or just is."""
        _, seat, _ = latest(self.seats(), which)
        over_at, _ = self.model.ends_of(seat)
        self._wait_until(over_at + offset)
        self.resume(which, forged=False, extend=True)

    @precondition(lambda self: self.seats())
    @rule(which=indexes, offset=offsets)
    def leave_a_page_open(self, which: int, offset: timedelta) -> None:
        """A page asks by itself, again and again, until the session is about to be over, or just is."""
        _, seat, _ = latest(self.seats(), which)
        over_at = min(self.model.ends_of(seat))
        for left in (self.policy.sessions.idle / 2, INSTANT, -offset):
            self._wait_until(max(self.model.now, over_at - left))
            self.resume(which, forged=False, extend=False)
        self._reach("a page asked until its session was over", when=not seat.is_over and not self.model.is_live(seat))

    @precondition(lambda self: self.seats())
    @rule(which=indexes)
    def log_off(self, which: int) -> None:
        """A patient logs off, perhaps once more."""
        somebody, seat, handle = latest(self.seats(), which)
        self._ask(handle.log_off, self.model.log_off(somebody, seat))

    @precondition(lambda self: self.seats())
    @rule(which=indexes, other=indexes)
    def log_off_device(self, which: int, other: int) -> None:
        """A patient ends the session of some device, perhaps of this one; a stranger's leads to nothing."""
        somebody, seat, handle = latest(self.seats(), which)
        owner, wanted, theirs = latest(self.seats(), other)
        token = parsed(theirs.token, field="token")
        assert token is not None
        prediction = self.model.log_off_device(somebody, seat, wanted if owner is somebody else None)
        self._ask(lambda: handle.account.log_off_device(SessionId(token.id)), prediction)
        self._reach("another device was logged off", when=prediction.effect is not None and wanted is not seat)

    @precondition(lambda self: self.members())
    @rule(which=indexes)
    def lose_a_phone(self, which: int) -> None:
        """A patient logs in on a phone, and then on a computer, where they end the phone's session."""
        _, name, password = latest(self.members(), which)
        for device in ("phone", "computer"):
            self.log_in((name, name), password, device)
        if self.seats():
            self.log_off_device(0, 1)

    @precondition(lambda self: self.seats())
    @rule(which=indexes)
    def log_off_everywhere(self, which: int) -> None:
        """A patient logs off on every device."""
        somebody, seat, handle = latest(self.seats(), which)
        self._ask(handle.log_off_everywhere, self.model.log_off_everywhere(somebody, seat))

    @precondition(lambda self: self.seats())
    @rule(which=indexes)
    def see_devices(self, which: int) -> None:
        """A patient looks where they are logged in."""
        somebody, this, handle = latest(self.seats(), which)
        live = sorted((s for s in somebody.seats if self.model.is_live(s)), key=lambda s: (s.started_at, s.number))
        predicted = [(seat.device, seat.started_at, seat.seen_at, seat is this) for seat in live]
        _, page = self._ask(handle.account.devices, self.model.look(this))
        if page is not None:
            answered = [(d.name, d.started_at, d.last_seen_at, d.is_this) for d in page.items]
            agree("devices", predicted=predicted, answered=answered)

    @precondition(lambda self: self.seats())
    @rule(which=indexes, limit=st.sampled_from((1, 3, 200)))
    def see_history(self, which: int, limit: int) -> None:
        """A patient reads what happened to their account, page by page."""
        somebody, seat, handle = latest(self.seats(), which)
        predicted, answered, cursor = somebody.history[::-1], [], None
        for _ in range(0, len(predicted), limit):
            call = partial(handle.account.history, limit=limit, cursor=cursor)
            _, page = self._ask(call, self.model.look(seat))
            if page is None:
                return
            answered += [(entry.at, entry.what, entry.by, entry.device) for entry in page.items]
            cursor = page.next_cursor
        agree("history", predicted=(predicted, None), answered=(answered, cursor))

    # What always holds

    @invariant()
    def nobody_is_let_in_while_locked(self) -> None:
        """The right password of a locked name is answered like any other, and changes nothing."""
        agree("let in while locked", predicted=[], answered=self.let_in_while_locked)
        for name in filter(self.model.is_locked, SPELLINGS):
            holder = self.model.holder(name)
            password = holder.password if holder and holder.password else PASSWORD
            self._ask(partial(self.portal.log_in, name, password), Prediction("account_locked"))

    @invariant()
    def at_most_a_hundred_in_a_row(self) -> None:
        """However often time ends a lock."""
        for count in self.wrong_in_a_row.values():
            if count > IN_A_ROW_MAX:
                raise AssertionError(f"{count} wrong passwords in a row were answered")

    @invariant()
    def at_most_so_many_wrong_answers_between_two_clearings(self) -> None:
        """Four, unless the policy says otherwise."""
        for count in self.wrong_answers.values():
            if count > self.policy.lockout.attempts:
                raise AssertionError(f"{count} wrong passwords were answered with no clearing between them")

    @invariant()
    def an_ended_session_never_resumes(self) -> None:
        """Neither its token nor its handle lets anybody in."""
        for _, seat, handle in self.seats():
            if not self.model.is_live(seat):
                by_idleness, by_age = (not seat.is_over and self.model.now >= end for end in self.model.ends_of(seat))
                self._reach("a session ended by idleness", when=by_idleness and not by_age)
                self._reach("a session ended by age", when=by_age and not by_idleness)
                self._ask(partial(self.portal.resume, handle.token), Prediction("session_ended"))
                self._ask(handle.account.devices, Prediction("session_ended"))
