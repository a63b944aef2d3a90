"""What a portal will answer about medications, in a few lists: the model of ``MedicationsMachine``.

It imports no rule: all that it shares with the library are the policy's numbers.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from attrs import define, field, frozen

from patientportal.domain.ids import MedicationId, PatientId, RenewalId, StaffId
from patientportal.domain.policy import Policy
from patientportal.patient_access import PatientAccess
from patientportal.practice_access import PracticeAccess
from patientportal.testing.fakes import FrozenClock
from patientportal.testing.machine_base import DONE, Prediction, nothing

REFILLS_MAX = 99
COVER_MAX = timedelta(days=366)
WAITING = ("requested", "approved")


@define(eq=False)
class Letter:
    """A message in an inbox: what it is about, and when it was first read."""

    kind: str
    about: "Drug | Request"
    read_at: datetime | None = None


@define(eq=False)
class Taker:
    """A patient: what they take, and what was written to them; the earliest first."""

    id: PatientId
    email: str
    me: PatientAccess = field(repr=False)
    drugs: "list[Drug]" = field(factory=list, repr=False)
    requests: "list[Request]" = field(factory=list, repr=False)
    letters: list[Letter] = field(factory=list, repr=False)


@frozen(eq=False)
class Colleague:
    """Somebody at the practice, who may be a patient here too."""

    id: StaffId
    desk: PracticeAccess = field(repr=False)
    is_provider: bool
    is_at_the_front: bool
    in_person: Taker | None = None


@define(eq=False)
class Drug:
    """A medication; its id is known only afterwards."""

    owner: Taker
    prescriber: StaffId
    refills: int
    is_renewable: bool
    directions: str = ""
    dose: str = ""
    is_active: bool = True
    id: MedicationId = field(init=False)


@define(eq=False)
class Request:
    """A request for more, and what became of it; its id is known only afterwards."""

    drug: Drug
    requested_at: datetime
    form: str | None = None
    status: str = "requested"
    granted: int | None = None
    decided_at: datetime | None = None
    refilled_at: datetime | None = None
    id: RenewalId = field(init=False)


@frozen
class Gift:
    """What an approval gives."""

    refills: int
    changes: str | None
    refilled: bool


@frozen
class Other:
    """What a correction says; ``None``: it stays."""

    dose: str | None = None
    directions: str | None = None
    refills_left: int | None = None
    is_renewable: bool | None = None


class MedicationsModel:
    """Everything that the machine's portal should know, and what it should answer."""

    def __init__(self, policy: Policy, clock: FrozenClock) -> None:
        self.policy = policy
        self.clock = clock
        self.takers: list[Taker] = []
        self.drugs: list[Drug] = []
        self.requests: list[Request] = []
        self.covers: dict[tuple[StaffId, StaffId], datetime] = {}
        self.mail: list[tuple[datetime, str]] = []

    def standing(self, status: str) -> list[Request]:
        """The requests that stand so, the earliest first."""
        return [one for one in self.requests if one.status == status]

    def is_overdue(self, request: Request) -> bool:
        """Whether nobody decided it in time."""
        limit = self.policy.renewals.expires_after
        return request.status == "requested" and self.clock() >= request.requested_at + limit

    def covers_now(self, prescriber: StaffId, by: StaffId) -> bool:
        """Whether one stands in for the other."""
        until = self.covers.get((prescriber, by))
        return until is not None and self.clock() < until

    def edges(self) -> list[datetime]:
        """Where something ends."""
        limit = self.policy.renewals.expires_after
        return [*(one.requested_at + limit for one in self.standing("requested")), *self.covers.values()]

    def record(self, by: Colleague, drug: Drug) -> Prediction:
        """A provider writes down what somebody else takes."""
        if (refusal := self._may_not(by, drug)) is not None:
            return _refused(refusal)

        def effect() -> None:
            self.drugs.append(drug)
            drug.owner.drugs.append(drug)

        return Prediction(DONE, effect)

    def discontinue(self, by: Colleague, drug: Drug) -> Prediction:
        """A provider ends it, and what waits for it."""
        if (refusal := self._may_not(by, drug)) is not None:
            return _refused(refusal)
        if not drug.is_active:
            return Prediction(DONE, nothing)

        def effect() -> None:
            drug.is_active = False
            waiting = [one for one in drug.owner.requests if one.drug is drug and one.status in WAITING]
            for one in waiting:
                one.status = "discontinued"
            if waiting:
                self._write(drug.owner, "medication_discontinued", drug)

        return Prediction(DONE, effect)

    def request(self, by: Taker, drug: Drug, request: Request) -> Prediction:
        """Somebody asks for more, of their own or not."""
        if drug.owner is not by:
            return Prediction("not_found")
        earlier = self.under(by, request.form)
        if earlier is not None:
            return Prediction(DONE, nothing) if earlier.drug is drug else Prediction("idempotency_key_reused")
        if not drug.is_active:
            return Prediction("medication_discontinued")
        if not drug.is_renewable:
            return Prediction("not_renewable")
        if any(one.drug is drug for one in self.standing("requested")):
            return Prediction("renewal_pending")

        def effect() -> None:
            self.requests.append(request)
            by.requests.append(request)

        return Prediction(DONE, effect)

    def under(self, by: Taker, form: str | None) -> Request | None:
        """What somebody asked for under the key of a form."""
        return next((one for one in by.requests if one.form == form is not None), None)

    def withdraw(self, by: Taker, request: Request) -> Prediction:
        """Somebody takes a request back, their own or not."""
        if request.drug.owner is not by:
            return Prediction("not_found")
        if request.status == "withdrawn":
            return Prediction(DONE, nothing)
        if request.status != "requested":
            return Prediction("renewal_decided")

        def effect() -> None:
            request.status = "withdrawn"

        return Prediction(DONE, effect)

    def approve(self, by: Colleague, request: Request, gift: Gift) -> Prediction:
        """Somebody says yes."""
        drug = request.drug
        refusal = self._refusal(by, drug)
        if refusal is None and request.status != "requested":
            refusal = "renewal_decided"
        left = drug.refills + gift.refills - gift.refilled
        if refusal is None and drug.refills + gift.refills == 0:
            refusal = "no_refills_left"
        if refusal is None and left > REFILLS_MAX:
            refusal = "too_many_refills"
        if refusal is not None:
            return _refused(refusal)

        def effect() -> None:
            drug.refills = left
            drug.directions = gift.changes or drug.directions
            request.status = "refilled" if gift.refilled else "approved"
            request.granted, request.decided_at = gift.refills, self.clock()
            request.refilled_at = self.clock() if gift.refilled else None
            self._write(drug.owner, f"renewal_{request.status}", request)

        return Prediction(DONE, effect)

    def deny(self, by: Colleague, request: Request) -> Prediction:
        """Somebody says no."""
        refusal = self._refusal(by, request.drug)
        if refusal is None and request.status != "requested":
            refusal = "renewal_decided"
        if refusal is not None:
            return _refused(refusal)

        def effect() -> None:
            request.status, request.decided_at = "denied", self.clock()
            self._write(request.drug.owner, "renewal_denied", request)

        return Prediction(DONE, effect)

    def mark_refilled(self, by: Colleague, request: Request) -> Prediction:
        """Somebody completes what was approved only."""
        refusal = self._refusal(by, request.drug)
        if refusal is None and request.status not in {"approved", "refilled"}:
            refusal = "renewal_not_approved"
        if refusal is None and request.status == "approved" and request.drug.refills == 0:
            refusal = "no_refills_left"
        if refusal is not None:
            return _refused(refusal)

        def effect() -> None:
            request.drug.refills -= 1
            request.status, request.refilled_at = "refilled", self.clock()
            self._write(request.drug.owner, "renewal_refilled", request)

        return Prediction(DONE, nothing if request.status == "refilled" else effect)

    def cover(self, by: Colleague, prescriber: StaffId, instead: StaffId, until: datetime) -> Prediction:
        """Somebody puts one in another's place."""
        if until > self.clock() + COVER_MAX:
            return Prediction("bad_input: out_of_range")
        may = by.id == prescriber or by.is_at_the_front
        if not may or instead in {by.id, prescriber}:
            return Prediction("cover_not_allowed")

        def effect() -> None:
            self.covers[prescriber, instead] = max(until, self.clock())

        return Prediction(DONE, effect)

    def read(self, letter: Letter) -> Prediction:
        """Somebody opens a message of theirs; once it is read, nothing is saved any more."""

        def effect() -> None:
            letter.read_at = self.clock()

        return Prediction(DONE, effect if letter.read_at is None else None)

    def expire(self, request: Request) -> Callable[[], None]:
        """What a worker does to a request that is overdue."""

        def effect() -> None:
            request.status = "expired"
            self._write(request.drug.owner, "renewal_expired", request)

        return effect

    def correct(self, by: Colleague, drug: Drug, other: Other) -> Prediction:
        """Somebody says how it is."""
        refusal = self._refusal(by, drug)
        if refusal is None and not drug.is_active:
            refusal = "medication_discontinued"
        if refusal is not None:
            return _refused(refusal)

        def effect() -> None:
            drug.dose = drug.dose if other.dose is None else other.dose
            drug.directions = drug.directions if other.directions is None else other.directions
            drug.refills = drug.refills if other.refills_left is None else other.refills_left
            drug.is_renewable = drug.is_renewable if other.is_renewable is None else other.is_renewable

        return Prediction(DONE, effect)

    def reassign(self, by: Colleague, prescriber: StaffId, to: StaffId, one: Drug | None) -> Prediction:
        """Another prescribes what somebody does: each medication in a transaction of its own."""
        if not (by.is_provider or by.is_at_the_front):
            return _refused("not_permitted")
        if not (by.id == prescriber or by.is_at_the_front) or to in {by.id, prescriber}:
            return Prediction("reassignment_not_allowed")
        going = self.going(prescriber, one)

        def effect() -> None:
            for drug in going:
                drug.prescriber = to

        # One alone is locked, also where it turns out to stay.
        commits = len(going) if one is None else 1
        return Prediction(DONE, effect, earlier_commits=commits - 1) if commits else Prediction(DONE)

    def going(self, prescriber: StaffId, one: Drug | None) -> list[Drug]:
        """What would go if its prescriber left."""
        some = self.drugs if one is None else [one]
        return [drug for drug in some if drug.prescriber == prescriber and drug.is_active]

    def _refusal(self, by: Colleague, drug: Drug) -> str | None:
        """Why somebody may decide nothing about it."""
        if (refusal := self._may_not(by, drug)) is not None:
            return refusal
        prescriber = drug.prescriber
        return None if by.id == prescriber or self.covers_now(prescriber, by.id) else "not_prescriber"

    def _may_not(self, by: Colleague, drug: Drug) -> str | None:
        """Why somebody may do nothing of the kind, whoever prescribes it."""
        if not by.is_provider:
            return "not_permitted"
        return "own_account" if by.in_person is drug.owner else None

    def _write(self, to: Taker, kind: str, about: Drug | Request) -> None:
        to.letters.append(Letter(kind, about))
        self.mail.append((self.clock(), to.email))


def _refused(refusal: str) -> Prediction:
    """A refusal; one of the verb itself is kept."""
    return Prediction(refusal, nothing if refusal in {"not_permitted", "own_account"} else None)
