"""What every layer of ``MedicationsMachine`` stands on: a practice with its people, a worker and a clock."""

from datetime import datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from patientportal.application.worker.work import Worked
from patientportal.domain.ids import StaffId
from patientportal.domain.staff import Role, StaffMember
from patientportal.testing.machine_base import DONE, INSTANT, PredictingMachine, agree, indexes, offsets
from patientportal.testing.medications.model import Colleague, MedicationsModel, Request, Taker
from patientportal.testing.world import activated

RUN_MAX = timedelta(days=90) - INSTANT
"""The first things that are swept are told notices and ended covers of ninety days."""
HOUSE, WILSON, SUSAN = StaffId("dr-house"), StaffId("dr-wilson"), StaffId("susan")

takers: st.SearchStrategy[int] = st.integers(0, 1)
anybody: st.SearchStrategy[int] = st.integers(0, 2)
providers: st.SearchStrategy[int] = st.integers(0, 1)


class PracticeMachine(PredictingMachine):
    """Two patients, two providers and a front desk, where only the worker and the clock do anything yet.

    Attributes:
        staff: the two providers and the front desk.
    """

    def __init__(self) -> None:
        super().__init__()
        self.over_at: datetime = self.clock() + RUN_MAX
        self.model: MedicationsModel = MedicationsModel(self.policy, self.clock)
        for name in ("ada", "wilson"):
            member = activated(self.portal, self.notifier, name, email=f"{name}@example.org")
            me = self.portal.log_in(member.username, member.password)
            self.model.takers.append(Taker(member.patient_id, f"{name}@example.org", me))
        self.portal.work()
        self.notifier.messages.clear()
        self.staff: tuple[Colleague, Colleague, Colleague] = (
            self._colleague(HOUSE, Role.PROVIDER),
            self._colleague(WILSON, Role.PROVIDER, in_person=self.model.takers[1]),
            self._colleague(SUSAN, Role.FRONT_DESK),
        )

    def _colleague(self, id_: StaffId, role: Role, in_person: Taker | None = None) -> Colleague:
        patient_id = None if in_person is None else in_person.id
        member = StaffMember(id=id_, name="Sam Staff", roles=frozenset({role}), patient_id=patient_id)
        return Colleague(
            id=id_,
            desk=self.portal.practice(member),
            is_provider=role is Role.PROVIDER,
            is_at_the_front=role is Role.FRONT_DESK,
            in_person=in_person,
        )

    # Time and mishap

    @rule()
    def work(self) -> None:
        """A worker ends what nobody decided, the longest due first, and tells everybody, whatever came of that."""
        overdue = [one for one in self.model.requests if self.model.is_overdue(one)]
        failing = self.store.good_commits
        if failing is not None and failing >= len(overdue):
            self.store.good_commits = failing = None
        saved = [one for number, one in enumerate(overdue) if number != failing]
        before, told = self.store.commits, len(self.notifier.messages)
        for one in saved:
            self.model.expire(one)()
        answered = self._said(self.portal.work)
        patience = self.policy.notices.patience
        in_time = [to for made_at, to in self.model.mail if self.clock() < made_at + patience]
        too_late = len(self.model.mail) - len(in_time)
        worked = Worked(sent=len(in_time), given_up=too_late, concluded=len(saved))
        none_of_them = bool(overdue) and not saved
        agree("work", predicted=("adapter_failed", None) if none_of_them else (DONE, worked), answered=answered)
        commits = len(saved) + len(self.model.mail) + 1
        agree("commits", predicted=before + commits, answered=self.store.commits)
        mailed = [(message.to_email, message.kind) for message in self.notifier.messages[told:]]
        agree("mail", predicted=[(to, "new_message") for to in in_time], answered=mailed)
        self.model.mail.clear()
        self._reach("two requests expired at once", when=len(saved) > 1)
        self._reach("an expiry couldn't be saved", when=failing is not None)

    @rule(by=st.sampled_from((INSTANT, timedelta(hours=1), timedelta(days=1), timedelta(days=7))))
    def time_passes(self, by: timedelta) -> None:
        """The clock goes on, never back."""
        self._wait_until(self.clock() + by)

    @precondition(lambda self: self.model.edges())
    @rule(which=indexes, offset=offsets)
    def time_passes_to_an_edge(self, which: int, offset: timedelta) -> None:
        """The clock goes to where a request expires or a cover ends: just before, there, or just after."""
        edges = self.model.edges()
        self._wait_until(edges[which % len(edges)] + offset)

    @rule(after=st.integers(0, 1))
    def a_commit_will_fail(self, after: int) -> None:
        """The database will fail at the end of a transaction."""
        self.store.good_commits = after

    # How it is done

    def _wait_until(self, moment: datetime) -> None:
        """The clock goes on, never back, and never so far that anything is forgotten."""
        super()._wait_until(min(moment, self.over_at))

    def _place(self, request: Request) -> int:
        """By which index ``latest`` finds it."""
        return len(self.model.requests) - 1 - self.model.requests.index(request)

    def _prescriber(self, request: Request) -> int:
        """Which of the staff decides it without a cover; of their own they can't."""
        return [one.id for one in self.staff].index(request.drug.prescriber)
