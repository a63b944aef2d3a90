"""The practice uploads statements and sends them again: a layer of ``StatementsMachine``."""

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from patientportal.domain.support.support import SupportTopic
from patientportal.domain.values.money import Money
from patientportal.testing.accounts.kept import Person
from patientportal.testing.accounts.typed import SPELLINGS
from patientportal.testing.machine_base import DONE, indexes, latest, rarely
from patientportal.testing.statements.kept import Request, Statement
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

    @rule(who=indexes, balance=balances, in_days=days, same=rarely)
    def upload(self, who: int, balance: Money, in_days: int, *, same: bool) -> None:
        """The practice uploads a statement, which may be overdue already, or due before it was issued."""
        somebody, today = latest(self.model.people, who), self.model.today
        own = self.model.statements_of(somebody)
        self.numbers += 1
        number = own[-1].number if same and own else f"N-{self.numbers}"
        issued_on, due_on = today - 5 * A_DAY, today + in_days * A_DAY
        document = f"%PDF-1.7 {self.numbers}\0".encode()
        asked, questions = self._open_requests(somebody)
        answer, statement_id = self._ask(
            lambda: self.desk.statements.upload(
                somebody.id,
                number=number,
                balance=balance,
                issued_on=issued_on,
                due_on=due_on,
                document=document,
                media_type=MEDIA_TYPE,
            ),
            self.model.upload(
                somebody, number=number, balance=balance, issued_on=issued_on, due_on=due_on, document=document
            ),
        )
        self._reach("a number was taken", when=answer == "statement_number_taken")
        if statement_id is not None:
            self.model.statements[-1].id = statement_id
            self._reach("a request was resolved by a new statement", when=asked)
            self._reach("a question to support outlived a new statement", when=questions)

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
        last = self.model.statements_of(somebody)[-1:]
        if not last or self.model.remaining(last[0]) < WORTH_IT or self.model.is_overdue(last[0]):
            self.upload(who, OWED, 3, same=False)
        own = self.model.statements_of(somebody)
        return own[-1] if own else None

    def _open_requests(self, somebody: Person) -> tuple[list[Request], list[Request]]:
        about = (SupportTopic.NEW_STATEMENT, SupportTopic.RESEND_STATEMENT)
        return self.model.open_requests(somebody, *about), self.model.open_requests(somebody, SupportTopic.GENERAL)
