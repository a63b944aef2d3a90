"""The practice uploads statements and sends them again: a layer of ``StatementsMachine``."""

from attrs import asdict, frozen
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from patientportal.domain.support.support import SupportTopic
from patientportal.domain.values.money import Money
from patientportal.testing.accounts.kept import Person
from patientportal.testing.accounts.typed import SPELLINGS
from patientportal.testing.machine_base import DONE, agree, indexes, latest, rarely
from patientportal.testing.statements.kept import Bill, Payment, Request, Statement
from patientportal.testing.statements.machine_base import PracticeMachine
from patientportal.testing.statements.model_base import A_DAY
from patientportal.testing.world import PASSWORD, activated

PATIENTS: tuple[str, ...] = tuple(SPELLINGS)[:2]
MEDIA_TYPE = "application/pdf"
OWED: Money = Money(minor_units=10_000, currency="USD")
WORTH_IT = 2

balances: st.SearchStrategy[Money] = st.sampled_from((0, 1, 2, 100, 10_000, 10_000)).flatmap(
    lambda units: st.sampled_from(("USD", "USD", "JPY")).map(lambda code: Money(minor_units=units, currency=code))
)
days: st.SearchStrategy[int] = st.sampled_from((-9, -1, 0, 0, 1, 3, 10))


@frozen
class How:
    """What is unusual about a statement, in days from now.

    Attributes:
        issued: its date; one after tomorrow is refused.
        posted: up to when the practice's books were posted, which must be over; ``None``: it doesn't say.
        covers: whether its balance holds what the earlier ones asked for.
        external_id: the hospital's key, if it gives one.
    """

    issued: int = -5
    posted: int | None = None
    covers: bool = True
    external_id: str | None = None


USUAL: How = How()
ways: st.SearchStrategy[How] = st.builds(
    How,
    issued=st.sampled_from((-5, -5, -5, -9, -1, 0, 1, 1, 2)),
    posted=st.sampled_from((None, None, None, -3, 0, 0, 1)),
    covers=st.sampled_from((True, True, True, False)),
    external_id=st.sampled_from((None, None, "H-1", "H-2")),
)


class UploadingMachine(PracticeMachine):
    """Patients come in and owe something, with which every run begins.

    Attributes:
        numbers: how many statements were to be uploaded.
    """

    def __init__(self) -> None:
        super().__init__()
        self.numbers: int = 0

    @initialize(balance=balances, in_days=st.integers(0, 3))
    def two_patients_have_a_statement(self, balance: Money, in_days: int) -> None:
        """Runs begin where two patients are in, and owe the practice something."""
        for name in PATIENTS:
            email = f"patient-{len(self.model.people) + 1}@example.org"
            patient_id = activated(self.portal, self.notifier, name, email=email).patient_id
            self.model.people.append(Person(id=patient_id, email=email, name=name, password=PASSWORD))
            self._come_in(self.model.people[-1])
        for who in range(len(PATIENTS)):
            self.upload(who, balance, in_days, same=False)

    @rule(who=indexes, balance=balances, in_days=days, how=ways, same=rarely)
    def upload(self, who: int, balance: Money, in_days: int, how: How = USUAL, *, same: bool) -> None:
        """The practice uploads a statement, which may be overdue, issued before the last one, or due before that."""
        somebody, today = latest(self.model.people, who), self.model.today
        own = self.model.statements_of(somebody)
        self.numbers += 1
        self._upload(
            somebody,
            Bill(
                number=own[-1].bill.number if same and own else f"N-{self.numbers}",
                balance=balance,
                issued_on=today + how.issued * A_DAY,
                due_on=today + in_days * A_DAY,
                document=f"%PDF-1.7 {self.numbers}\0".encode(),
                covers_earlier=how.covers,
                posted_until=None if how.posted is None else self.model.now + how.posted * A_DAY,
                external_id=how.external_id,
            ),
        )

    def _upload(self, somebody: Person, bill: Bill) -> None:
        asked, questions = self._open_requests(somebody)
        was, before = self.model.current(somebody), len(self.model.statements)
        counted = {one: one.counts_on for one in self.model.payments_of(somebody)}
        same = [one for one in self.model.statements_of(somebody) if one.bill == bill and bill.external_id]
        answer, statement_id = self._ask(
            lambda: self.desk.statements.upload(somebody.id, media_type=MEDIA_TYPE, **asdict(bill, recurse=False)),
            self.model.upload(somebody, bill),
        )
        self._reach("a number was taken", when=answer == "statement_number_taken")
        self._reach("a hospital's key stood for another statement", when=answer == "idempotency_key_reused")
        if statement_id is None:
            return
        if len(self.model.statements) == before:
            agree("the same statement", predicted=same[0].id, answered=statement_id)
            self._reach("a statement was uploaded twice")
            return
        arrived = self.model.statements[-1]
        arrived.id = statement_id
        self._reach("a request was resolved by a new statement", when=asked and arrived.is_current)
        self._reach("a question to support outlived a new statement", when=questions)
        self._reach("a statement of tomorrow arrived", when=bill.issued_on > self.model.today and not bill.posted_until)
        self._reach("an older statement was loaded later", when=was and was.is_current)
        self._see_moves(arrived, counted)

    def _see_moves(self, current: Statement, counted: dict[Payment, Statement]) -> None:
        """What moved to a statement that is the current one now."""
        own = self.model.payments_of(current.person)
        live = [one for one in own if one in counted and one.fate in {"pending", "settled"}]
        moved = [one for one in live if one.counts_on is not counted[one]]
        stayed = [one for one in live if one.counts_on is not current and current.is_current]
        foreign = [one for one in stayed if one.amount.currency != current.currency]
        pending = [one for one in moved if one.fate == "pending"]
        jumped = [one for one in moved if self._jumps(one, counted[one])]
        uncovered = [one for one in stayed if one not in foreign and one.fate == "pending"]
        posted = [one for one in stayed if one not in foreign and one.fate == "settled" and current.bill.covers_earlier]
        self._reach("something pending moved", when=pending)
        self._reach("something settled moved", when=len(moved) > len(pending))
        self._reach("a reduction moved", when=[one for one in moved if one.order.method == "reduction"])
        self._reach("something refunded in part moved", when=[one for one in moved if one.went_back()])
        self._reach("something moved over a statement in between", when=jumped)
        self._reach("something stayed where another currency is owed", when=foreign)
        self._reach("something pending stayed where nothing is covered", when=uncovered)
        self._reach("what the books knew stayed", when=posted)

    def _jumps(self, payment: Payment, was: Statement) -> bool:
        """Whether a statement that takes a payment isn't the one after that on which it counted."""
        own = self.model.statements_of(was.person)
        return any(was.place < one.place < payment.counts_on.place and not one.is_retracted for one in own)

    @precondition(lambda self: self.model.statements)
    @rule(which=indexes, in_days=days)
    def resend(self, which: int, in_days: int) -> None:
        """The practice sends a statement again, an earlier one perhaps, or until a day that is over."""
        statement = latest(self.model.statements, which)
        due_on = self.model.today + in_days * A_DAY
        was_overdue = self.model.is_overdue(statement)
        asked = self.model.asked_already(statement.person, SupportTopic.RESEND_STATEMENT, statement)
        answer, _ = self._ask(
            lambda: self.desk.statements.resend(statement.id, due_on=due_on), self.model.resend(statement, due_on)
        )
        self._reach("a statement was sent again that was overdue", when=answer == DONE and was_overdue)
        self._reach("a request was resolved by sending again", when=answer == DONE and asked)

    def _owe(self, who: int) -> Statement | None:
        """A patient's current statement, a new one if nothing much can be paid of the last."""
        somebody = latest(self.model.people, who)
        last = self.model.current(somebody)
        if last is None or self.model.remaining(last) < WORTH_IT or self.model.is_overdue(last):
            self.bill_anew(somebody, OWED)
        return self.model.current(somebody)

    def bill_anew(self, somebody: Person, balance: Money, *, covers: bool = True) -> None:
        """The practice uploads a statement that is issued last."""
        self._upload(somebody, self._bill_of(somebody, balance, covers=covers))

    def _bill_of(
        self, somebody: Person, balance: Money, *, covers: bool = True, external_id: str | None = None
    ) -> Bill:
        self.numbers += 1
        last, today = self.model.current(somebody), self.model.today
        issued_on = today if last is None else max(today, last.bill.issued_on)
        document = f"%PDF-1.7 {self.numbers}\0".encode()
        due_on = today + 3 * A_DAY
        return Bill(f"N-{self.numbers}", balance, issued_on, due_on, document, covers, external_id=external_id)

    def _open_requests(self, somebody: Person) -> tuple[list[Request], list[Request]]:
        about = (SupportTopic.NEW_STATEMENT, SupportTopic.RESEND_STATEMENT)
        return self.model.open_requests(somebody, *about), self.model.open_requests(somebody, SupportTopic.GENERAL)
