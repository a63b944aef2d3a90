"""The rules of a patient portal, as a library: ``open_portal`` is where to begin."""

from typing import TYPE_CHECKING

from patientportal.lazy import lazily

if TYPE_CHECKING:
    from patientportal.adapters.argon2 import Argon2Hasher
    from patientportal.adapters.console import ConsoleNotifier
    from patientportal.adapters.mail_words import ENGLISH, MailWords, Words
    from patientportal.adapters.memory import MemoryStore
    from patientportal.adapters.postgres import PostgresStore
    from patientportal.adapters.recording import RecordingNotifier
    from patientportal.adapters.sandbox import SandboxCharge, SandboxProcessor, SandboxSource
    from patientportal.adapters.smtp import Security, SmtpNotifier
    from patientportal.adapters.sqlite import SqliteStore
    from patientportal.application.accounts import HistoryEntry
    from patientportal.application.appointment_requests import RequestedVisit
    from patientportal.application.appointments import Visit
    from patientportal.application.audit import Health, Undelivered
    from patientportal.application.links import LinkForm
    from patientportal.application.medications import OwnMedication
    from patientportal.application.messages import ReceivedMessage
    from patientportal.application.pages import Page
    from patientportal.application.patients import PatientDetails
    from patientportal.application.payments import PaymentDetails
    from patientportal.application.recovery import Challenge
    from patientportal.application.renewal_decisions import WaitingRenewal
    from patientportal.application.renewals import OwnRenewal
    from patientportal.application.schedules import OpenSlot, PublishedSlots
    from patientportal.application.sessions import Device
    from patientportal.application.statements import Document, StatementDetails
    from patientportal.application.support import OpenRequest, OwnRequest
    from patientportal.application.work import Worked
    from patientportal.assembly import open_portal
    from patientportal.domain.accounts import UsernameTakenError
    from patientportal.domain.appointment_changes import TooLateToCancelError
    from patientportal.domain.appointment_requests import (
        AppointmentRequestEndedError,
        PartOfDay,
        RequestStatus,
        TooManyAppointmentRequestsError,
        Window,
    )
    from patientportal.domain.appointments import (
        AppointmentStatus,
        NotBookedError,
        SlotTakenError,
        VisitBegunError,
        VisitsOverlapError,
    )
    from patientportal.domain.attendance import NotYetBegunError
    from patientportal.domain.challenges import ChallengeInvalidError, RecoveryClosedError, WrongAnswerError
    from patientportal.domain.covers import CoverNotAllowedError
    from patientportal.domain.email_change import TooManyEmailChangesError
    from patientportal.domain.errors import (
        AdapterError,
        BadInputError,
        ConfigurationError,
        ConflictError,
        NotFoundError,
        OutcomeUnknownError,
        PortalError,
        RefusedError,
        TooBusyError,
    )
    from patientportal.domain.events import ActorKind
    from patientportal.domain.ids import (
        AppointmentId,
        AppointmentRequestId,
        MedicationId,
        MessageId,
        PatientId,
        PaymentId,
        PlaceId,
        RenewalId,
        SessionId,
        SlotId,
        StaffId,
        StatementId,
    )
    from patientportal.domain.links import LinkInvalidError
    from patientportal.domain.log_in import AccountLockedError, WrongCredentialsError
    from patientportal.domain.medications import MedicationDiscontinuedError
    from patientportal.domain.messages import MessageKind
    from patientportal.domain.money import Money
    from patientportal.domain.notices import NoticeKind
    from patientportal.domain.passwords import PasswordProblem, PasswordProblemCode, WeakPasswordError
    from patientportal.domain.patients import AlreadyActivatedError, PatientInactiveError
    from patientportal.domain.payments import AmountExceedsBalanceError, IdempotencyKeyReusedError, Pay, PaymentStatus
    from patientportal.domain.personal import PersonalInformation
    from patientportal.domain.policy import (
        AppointmentPolicy,
        EmailChangePolicy,
        InvitationPolicy,
        LockoutPolicy,
        NoticePolicy,
        PasswordPolicy,
        PaymentPolicy,
        Policy,
        RecoveryPolicy,
        RenewalPolicy,
        SessionPolicy,
    )
    from patientportal.domain.recovery import AnswerProblem, AnswerProblemCode, SecurityQuestion, WeakAnswersError
    from patientportal.domain.refunds import PaymentNotSettledError
    from patientportal.domain.renewal_decisions import (
        NotPrescriberError,
        OwnRenewalError,
        RenewalNotApprovedError,
        TooManyRefillsError,
    )
    from patientportal.domain.renewals import NotRenewableError, RenewalDecidedError, RenewalPendingError, RenewalStatus
    from patientportal.domain.schedules import Place, SlotsBookedError, SlotsOverlapError
    from patientportal.domain.sessions import SessionEndedError
    from patientportal.domain.staff import NotPermittedError, Role, StaffMember
    from patientportal.domain.statements import (
        NotCurrentStatementError,
        StatementNumberTakenError,
        StatementOverdueError,
        StatementStatus,
    )
    from patientportal.domain.support import SupportRequestResolvedError, SupportTopic, TooManySupportRequestsError
    from patientportal.patient_access import PatientAccess
    from patientportal.portal import Portal
    from patientportal.ports.hashing import PasswordHasher
    from patientportal.ports.notifier import Answer, Message, Notifier
    from patientportal.ports.payments import Approved, Declined, PaymentProcessor
    from patientportal.ports.store import Store
    from patientportal.practice_access import PracticeAccess
    from patientportal.recovery_access import RecoveryAccess

_MODULES = {
    "AccountLockedError": "domain.log_in",
    "ActorKind": "domain.events",
    "AdapterError": "domain.errors",
    "AlreadyActivatedError": "domain.patients",
    "AmountExceedsBalanceError": "domain.payments",
    "Answer": "ports.notifier",
    "AnswerProblem": "domain.recovery",
    "AnswerProblemCode": "domain.recovery",
    "AppointmentId": "domain.ids",
    "AppointmentPolicy": "domain.policy",
    "AppointmentRequestEndedError": "domain.appointment_requests",
    "AppointmentRequestId": "domain.ids",
    "AppointmentStatus": "domain.appointments",
    "Approved": "ports.payments",
    "Argon2Hasher": "adapters.argon2",
    "BadInputError": "domain.errors",
    "Challenge": "application.recovery",
    "ChallengeInvalidError": "domain.challenges",
    "ConfigurationError": "domain.errors",
    "ConflictError": "domain.errors",
    "ConsoleNotifier": "adapters.console",
    "CoverNotAllowedError": "domain.covers",
    "Declined": "ports.payments",
    "Device": "application.sessions",
    "Document": "application.statements",
    "ENGLISH": "adapters.mail_words",
    "EmailChangePolicy": "domain.policy",
    "Health": "application.audit",
    "HistoryEntry": "application.accounts",
    "IdempotencyKeyReusedError": "domain.payments",
    "InvitationPolicy": "domain.policy",
    "LinkForm": "application.links",
    "LinkInvalidError": "domain.links",
    "LockoutPolicy": "domain.policy",
    "MailWords": "adapters.mail_words",
    "MedicationDiscontinuedError": "domain.medications",
    "MedicationId": "domain.ids",
    "MemoryStore": "adapters.memory",
    "Message": "ports.notifier",
    "MessageId": "domain.ids",
    "MessageKind": "domain.messages",
    "Money": "domain.money",
    "NotBookedError": "domain.appointments",
    "NotCurrentStatementError": "domain.statements",
    "NotFoundError": "domain.errors",
    "NotPermittedError": "domain.staff",
    "NotPrescriberError": "domain.renewal_decisions",
    "NotRenewableError": "domain.renewals",
    "NotYetBegunError": "domain.attendance",
    "NoticeKind": "domain.notices",
    "NoticePolicy": "domain.policy",
    "Notifier": "ports.notifier",
    "OpenRequest": "application.support",
    "OpenSlot": "application.schedules",
    "OutcomeUnknownError": "domain.errors",
    "OwnMedication": "application.medications",
    "OwnRenewal": "application.renewals",
    "OwnRenewalError": "domain.renewal_decisions",
    "OwnRequest": "application.support",
    "Page": "application.pages",
    "PartOfDay": "domain.appointment_requests",
    "PasswordHasher": "ports.hashing",
    "PasswordPolicy": "domain.policy",
    "PasswordProblem": "domain.passwords",
    "PasswordProblemCode": "domain.passwords",
    "PatientAccess": "patient_access",
    "PatientDetails": "application.patients",
    "PatientId": "domain.ids",
    "PatientInactiveError": "domain.patients",
    "Pay": "domain.payments",
    "PaymentDetails": "application.payments",
    "PaymentId": "domain.ids",
    "PaymentNotSettledError": "domain.refunds",
    "PaymentPolicy": "domain.policy",
    "PaymentProcessor": "ports.payments",
    "PaymentStatus": "domain.payments",
    "PersonalInformation": "domain.personal",
    "Place": "domain.schedules",
    "PlaceId": "domain.ids",
    "Policy": "domain.policy",
    "Portal": "portal",
    "PortalError": "domain.errors",
    "PostgresStore": "adapters.postgres",
    "PracticeAccess": "practice_access",
    "PublishedSlots": "application.schedules",
    "ReceivedMessage": "application.messages",
    "RecordingNotifier": "adapters.recording",
    "RecoveryAccess": "recovery_access",
    "RecoveryClosedError": "domain.challenges",
    "RecoveryPolicy": "domain.policy",
    "RefusedError": "domain.errors",
    "RenewalDecidedError": "domain.renewals",
    "RenewalId": "domain.ids",
    "RenewalNotApprovedError": "domain.renewal_decisions",
    "RenewalPendingError": "domain.renewals",
    "RenewalPolicy": "domain.policy",
    "RenewalStatus": "domain.renewals",
    "RequestStatus": "domain.appointment_requests",
    "RequestedVisit": "application.appointment_requests",
    "Role": "domain.staff",
    "SandboxCharge": "adapters.sandbox",
    "SandboxProcessor": "adapters.sandbox",
    "SandboxSource": "adapters.sandbox",
    "Security": "adapters.smtp",
    "SecurityQuestion": "domain.recovery",
    "SessionEndedError": "domain.sessions",
    "SessionId": "domain.ids",
    "SessionPolicy": "domain.policy",
    "SlotId": "domain.ids",
    "SlotTakenError": "domain.appointments",
    "SlotsBookedError": "domain.schedules",
    "SlotsOverlapError": "domain.schedules",
    "SmtpNotifier": "adapters.smtp",
    "SqliteStore": "adapters.sqlite",
    "StaffId": "domain.ids",
    "StaffMember": "domain.staff",
    "StatementDetails": "application.statements",
    "StatementId": "domain.ids",
    "StatementNumberTakenError": "domain.statements",
    "StatementOverdueError": "domain.statements",
    "StatementStatus": "domain.statements",
    "Store": "ports.store",
    "SupportRequestResolvedError": "domain.support",
    "SupportTopic": "domain.support",
    "TooBusyError": "domain.errors",
    "TooLateToCancelError": "domain.appointment_changes",
    "TooManyAppointmentRequestsError": "domain.appointment_requests",
    "TooManyEmailChangesError": "domain.email_change",
    "TooManyRefillsError": "domain.renewal_decisions",
    "TooManySupportRequestsError": "domain.support",
    "Undelivered": "application.audit",
    "UsernameTakenError": "domain.accounts",
    "Visit": "application.appointments",
    "VisitBegunError": "domain.appointments",
    "VisitsOverlapError": "domain.appointments",
    "WaitingRenewal": "application.renewal_decisions",
    "WeakAnswersError": "domain.recovery",
    "WeakPasswordError": "domain.passwords",
    "Window": "domain.appointment_requests",
    "Words": "adapters.mail_words",
    "Worked": "application.work",
    "WrongAnswerError": "domain.challenges",
    "WrongCredentialsError": "domain.log_in",
    "open_portal": "assembly",
}

__all__ = [  # noqa: RUF022 - sorted as text is, which a test holds
    "AccountLockedError",
    "ActorKind",
    "AdapterError",
    "AlreadyActivatedError",
    "AmountExceedsBalanceError",
    "Answer",
    "AnswerProblem",
    "AnswerProblemCode",
    "AppointmentId",
    "AppointmentPolicy",
    "AppointmentRequestEndedError",
    "AppointmentRequestId",
    "AppointmentStatus",
    "Approved",
    "Argon2Hasher",
    "BadInputError",
    "Challenge",
    "ChallengeInvalidError",
    "ConfigurationError",
    "ConflictError",
    "ConsoleNotifier",
    "CoverNotAllowedError",
    "Declined",
    "Device",
    "Document",
    "ENGLISH",
    "EmailChangePolicy",
    "Health",
    "HistoryEntry",
    "IdempotencyKeyReusedError",
    "InvitationPolicy",
    "LinkForm",
    "LinkInvalidError",
    "LockoutPolicy",
    "MailWords",
    "MedicationDiscontinuedError",
    "MedicationId",
    "MemoryStore",
    "Message",
    "MessageId",
    "MessageKind",
    "Money",
    "NotBookedError",
    "NotCurrentStatementError",
    "NotFoundError",
    "NotPermittedError",
    "NotPrescriberError",
    "NotRenewableError",
    "NotYetBegunError",
    "NoticeKind",
    "NoticePolicy",
    "Notifier",
    "OpenRequest",
    "OpenSlot",
    "OutcomeUnknownError",
    "OwnMedication",
    "OwnRenewal",
    "OwnRenewalError",
    "OwnRequest",
    "Page",
    "PartOfDay",
    "PasswordHasher",
    "PasswordPolicy",
    "PasswordProblem",
    "PasswordProblemCode",
    "PatientAccess",
    "PatientDetails",
    "PatientId",
    "PatientInactiveError",
    "Pay",
    "PaymentDetails",
    "PaymentId",
    "PaymentNotSettledError",
    "PaymentPolicy",
    "PaymentProcessor",
    "PaymentStatus",
    "PersonalInformation",
    "Place",
    "PlaceId",
    "Policy",
    "Portal",
    "PortalError",
    "PostgresStore",
    "PracticeAccess",
    "PublishedSlots",
    "ReceivedMessage",
    "RecordingNotifier",
    "RecoveryAccess",
    "RecoveryClosedError",
    "RecoveryPolicy",
    "RefusedError",
    "RenewalDecidedError",
    "RenewalId",
    "RenewalNotApprovedError",
    "RenewalPendingError",
    "RenewalPolicy",
    "RenewalStatus",
    "RequestStatus",
    "RequestedVisit",
    "Role",
    "SandboxCharge",
    "SandboxProcessor",
    "SandboxSource",
    "Security",
    "SecurityQuestion",
    "SessionEndedError",
    "SessionId",
    "SessionPolicy",
    "SlotId",
    "SlotTakenError",
    "SlotsBookedError",
    "SlotsOverlapError",
    "SmtpNotifier",
    "SqliteStore",
    "StaffId",
    "StaffMember",
    "StatementDetails",
    "StatementId",
    "StatementNumberTakenError",
    "StatementOverdueError",
    "StatementStatus",
    "Store",
    "SupportRequestResolvedError",
    "SupportTopic",
    "TooBusyError",
    "TooLateToCancelError",
    "TooManyAppointmentRequestsError",
    "TooManyEmailChangesError",
    "TooManyRefillsError",
    "TooManySupportRequestsError",
    "Undelivered",
    "UsernameTakenError",
    "Visit",
    "VisitBegunError",
    "VisitsOverlapError",
    "WaitingRenewal",
    "WeakAnswersError",
    "WeakPasswordError",
    "Window",
    "Words",
    "Worked",
    "WrongAnswerError",
    "WrongCredentialsError",
    "open_portal",
]


__getattr__ = lazily(__name__, _MODULES)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
