"""The part of the machine for one's own account: another password, another address, other answers."""

from collections.abc import Mapping
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from patientportal.domain.accounts.security_questions import SecurityQuestion
from patientportal.domain.told import Channel, NoticeKind
from patientportal.ports.notifier import Answer
from patientportal.testing.accounts.sessions import SessionsMachine
from patientportal.testing.accounts.telling import TellingMachine
from patientportal.testing.accounts.typed import (
    ADDRESSES,
    NOBODYS,
    PASSWORDS,
    WEAK_ANSWERS,
    addresses,
    answer_sets,
    any_passwords,
    forged_from,
    good_passwords,
)
from patientportal.testing.machine_base import DONE, agree, indexes, latest, offsets, rarely
from patientportal.testing.world import PASSWORD


class OwnAccountMachine(SessionsMachine, TellingMachine):
    """What a patient who is in changes, or whoever sits at their computer."""

    @precondition(lambda self: self.seats())
    @rule(which=indexes, current=st.none() | good_passwords, new=any_passwords)
    def change_password(self, which: int, current: str | None, new: str) -> None:
        """A patient, or whoever sits at their computer, exchanges the password; without ``current``, rightly."""
        somebody, seat, handle = latest(self.seats(), which)
        name, present = somebody.name or "", current or somebody.password or NOBODYS
        others = self._live(somebody) - self.model.is_live(seat)
        before = handle.token
        answer, after = self._ask(
            lambda: handle.account.change_password(present, new),
            self.model.change_password(somebody, seat, present, new),
        )
        agree("this session's token", predicted=after or before, answered=handle.token)
        if answer == DONE:
            agree(
                "the former token",
                predicted=("session_ended", None),
                answered=self._said(lambda: self.portal.resume(before)),
            )
        self._judge(name, answer)
        self._reach("another session ended by a new password", when=answer == DONE and others)
        self._reach("a wrong present password locked", when=answer == "wrong_credentials: 0")

    @precondition(lambda self: self.members())
    @rule(which=indexes, new=good_passwords)
    def change_password_at_home(self, which: int, new: str) -> None:
        """A patient logs in on two devices and exchanges the password on the second one."""
        _, name, password = latest(self.members(), which)
        self.log_in((name, name), password, "phone")
        self.log_in((name, name), password, "computer")
        if self.seats():
            self.change_password(0, None, new)

    @precondition(lambda self: self.seats())
    @rule(which=indexes, times=st.integers(1, 5))
    def guess_the_present_password(self, which: int, times: int) -> None:
        """Whoever sits at a patient's computer guesses, again and again."""
        for _ in range(times):
            self.change_password(which, NOBODYS, PASSWORD)

    @precondition(lambda self: self.members())
    @rule(which=indexes, times=st.integers(1, 4), new=addresses | good_passwords | answer_sets)
    def guess_around_a_change(self, which: int, times: int, new: str | Mapping[SecurityQuestion, str]) -> None:
        """A patient who is in doesn't remember the password at once, then does, and then forgets it again."""
        _, name, password = latest(self.members(), which)
        self.log_in((name, name), password, "phone")
        for said in (*[NOBODYS] * times, None, NOBODYS) if self.seats() else ():
            if not isinstance(new, str):
                self.set_security_answers(0, said, new)
            elif new in ADDRESSES:
                self.change_email(0, said, new)
            else:
                self.change_password(0, said, new)

    @precondition(lambda self: self.seats())
    @rule(which=indexes, password=st.none() | good_passwords, new=addresses)
    def change_email(self, which: int, password: str | None, new: str) -> None:
        """A patient, or whoever sits at their computer, asks for a new address; without ``password``, rightly."""
        somebody, seat, handle = latest(self.seats(), which)
        name, present = somebody.name or "", password or somebody.password or NOBODYS
        answer, _ = self._ask(
            lambda: handle.account.change_email(present, new),
            self.model.change_email(somebody, seat, present, new),
        )
        self._judge(name, answer)
        self._reach("a wrong present password locked", when=answer == "wrong_credentials: 0")
        self._reach("too many addresses were asked for", when=answer == "too_many_email_changes")

    @precondition(lambda self: self.seats())
    @rule(which=indexes, language=st.sampled_from((None, "de", "es-MX")))
    def set_language(self, which: int, language: str | None) -> None:
        """A patient chooses a language, and with it how messages come, and sees what the practice knows of them."""
        somebody, seat, handle = latest(self.seats(), which)
        self._ask(lambda: handle.account.set_language(language), self.model.set_language(somebody, seat, language))
        wants = {None: Channel.EMAIL, "de": Channel.NONE}.get(language, Channel.TEXT)
        notices = {NoticeKind.NEW_MESSAGE: wants}
        self._ask(lambda: handle.account.set_notices(notices), self.model.set_notices(somebody, seat, wants))
        if self.model.is_live(seat):
            known = handle.account.profile()
            shown = (known.personal.email, known.personal.last_name, known.personal.language, known.external_id)
            kept = (somebody.email, somebody.last_name, somebody.language, somebody.external_id)
            agree("profile", predicted=(*kept, somebody.name), answered=(*shown, known.username))
            wanted = [one.channel for one in known.notices if one.kind == NoticeKind.NEW_MESSAGE]
            agree("how messages come", predicted=[somebody.wants], answered=wanted)

    @precondition(lambda self: self.members())
    @rule(which=indexes, offset=offsets, times=st.sampled_from((1, 1, 2, 6)))
    def change_email_at_home(self, which: int, offset: timedelta, times: int) -> None:
        """A patient logs in when asking for a new address is allowed, and asks for one after another."""
        somebody, name, password = latest(self.members(), which)
        self._wait_until(self.model.email_may_change_at(somebody) + offset)
        self.log_in((name, name), password, "computer")
        for number in range(times if self.seats() else 0):
            self.change_email(0, None, ADDRESSES[(which + number) % len(ADDRESSES)])

    @precondition(lambda self: self.members())
    @rule(which=indexes, offset=offsets, opened=st.integers(0, 2), doubts=rarely)
    def move(self, which: int, offset: timedelta, opened: int, *, doubts: bool) -> None:
        """A patient asks for a new address, opens the letter or not, and perhaps thinks of the password before."""
        self.change_email_at_home(which, offset, 1)
        self.work(limit=100, answer=Answer.SENT)
        if doubts and self.seats():
            self.change_password(0, None, latest(PASSWORDS, which))
        for _ in range(opened if self.letters("confirmation") else 0):
            self.confirm_email(0, forged=False)

    @precondition(lambda self: self.letters("confirmation"))
    @rule(which=indexes, forged=rarely)
    def confirm_email(self, which: int, *, forged: bool) -> None:
        """Somebody opens a letter to a new address, an old one perhaps."""
        letter = latest(self.letters("confirmation"), which)
        somebody, secret = letter.person, letter.secret
        self._reach("a used confirmation was tried", when=letter.link.fate == "used")
        self._ask(
            lambda: self.portal.confirm_email(forged_from(secret) if forged else secret),
            self.model.confirm_email(somebody, None if forged else letter),
        )

    @precondition(lambda self: self.seats())
    @rule(which=indexes, password=st.none() | good_passwords, answers=answer_sets | st.just(WEAK_ANSWERS))
    def set_security_answers(self, which: int, password: str | None, answers: Mapping[SecurityQuestion, str]) -> None:
        """A patient, or whoever sits at their computer, sets other answers; without ``password``, rightly."""
        somebody, seat, handle = latest(self.seats(), which)
        name, present = somebody.name or "", password or somebody.password or NOBODYS
        answer, _ = self._ask(
            lambda: handle.account.set_security_answers(present, answers),
            self.model.set_security_answers(somebody, seat, present, answers),
        )
        self._judge(name, answer)
        self._reach("a wrong present password locked", when=answer == "wrong_credentials: 0")
        _, questions = self._ask(handle.account.security_questions, self.model.look(seat))
        agree("questions", predicted=tuple(somebody.answers) if questions is not None else None, answered=questions)
