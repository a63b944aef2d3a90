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
    from patientportal.application.accounts.activation import HistoryEntry
    from patientportal.application.accounts.recovery import Challenge
    from patientportal.application.accounts.registration import PatientDetails
    from patientportal.application.accounts.sessions import Device
    from patientportal.application.appointments.appointments import Visit
    from patientportal.application.appointments.requests import RequestedVisit
    from patientportal.application.appointments.schedules import OpenSlot, PublishedSlots
    from patientportal.application.audit.audit import Health, Undelivered
    from patientportal.application.medications.decisions import WaitingRenewal
    from patientportal.application.medications.medications import OwnMedication
    from patientportal.application.medications.renewals import OwnRenewal
    from patientportal.application.messages.messages import ReceivedMessage
    from patientportal.application.outside import LinkForm
    from patientportal.application.pages import Page
    from patientportal.application.statements.payments import PaymentDetails
    from patientportal.application.statements.statements import Document, StatementDetails
    from patientportal.application.support.support import OpenRequest, OwnRequest
    from patientportal.application.worker.work import Worked
    from patientportal.assembly import open_portal
    from patientportal.domain.accounts.activation import UsernameTakenError
    from patientportal.domain.accounts.challenges import ChallengeInvalidError, RecoveryClosedError, WrongAnswerError
    from patientportal.domain.accounts.email_change import TooManyEmailChangesError
    from patientportal.domain.accounts.links import LinkInvalidError
    from patientportal.domain.accounts.log_in import AccountLockedError, WrongCredentialsError
    from patientportal.domain.accounts.passwords import PasswordProblem, PasswordProblemCode, WeakPasswordError
    from patientportal.domain.accounts.registration import AlreadyActivatedError, PatientInactiveError
    from patientportal.domain.accounts.security_questions import (
        AnswerProblem,
        AnswerProblemCode,
        SecurityQuestion,
        WeakAnswersError,
    )
    from patientportal.domain.accounts.sessions import SessionEndedError
    from patientportal.domain.appointments.appointments import (
        AppointmentStatus,
        NotBookedError,
        SlotTakenError,
        VisitBegunError,
        VisitsOverlapError,
    )
    from patientportal.domain.appointments.attendance import NotYetBegunError
    from patientportal.domain.appointments.changes import TooLateToCancelError
    from patientportal.domain.appointments.requests import (
        AppointmentRequestEndedError,
        PartOfDay,
        RequestStatus,
        TooManyAppointmentRequestsError,
        Window,
    )
    from patientportal.domain.appointments.schedules import Place, SlotsBookedError, SlotsOverlapError
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
    from patientportal.domain.medications.covers import CoverNotAllowedError
    from patientportal.domain.medications.decisions import (
        NotPrescriberError,
        OwnRenewalError,
        RenewalNotApprovedError,
        TooManyRefillsError,
    )
    from patientportal.domain.medications.medications import MedicationDiscontinuedError
    from patientportal.domain.medications.renewals import (
        NotRenewableError,
        RenewalDecidedError,
        RenewalPendingError,
        RenewalStatus,
    )
    from patientportal.domain.messages.messages import MessageKind
    from patientportal.domain.patients.personal import PersonalInformation
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
    from patientportal.domain.staff import NotPermittedError, Role, StaffMember
    from patientportal.domain.statements.payments import (
        AmountExceedsBalanceError,
        IdempotencyKeyReusedError,
        Pay,
        PaymentStatus,
    )
    from patientportal.domain.statements.refunds import PaymentNotSettledError
    from patientportal.domain.statements.statements import (
        NotCurrentStatementError,
        StatementNumberTakenError,
        StatementOverdueError,
        StatementStatus,
    )
    from patientportal.domain.support.support import (
        SupportRequestResolvedError,
        SupportTopic,
        TooManySupportRequestsError,
    )
    from patientportal.domain.told import NoticeKind
    from patientportal.domain.values.money import Money
    from patientportal.patient_access import PatientAccess
    from patientportal.portal import Portal
    from patientportal.ports.hashing import PasswordHasher
    from patientportal.ports.notifier import Answer, Message, Notifier
    from patientportal.ports.payments import Approved, Declined, PaymentProcessor
    from patientportal.ports.store import Store
    from patientportal.practice_access import PracticeAccess
    from patientportal.recovery_access import RecoveryAccess

_MODULES = {
    "AccountLockedError": "domain.accounts.log_in",
    "ActorKind": "domain.events",
    "AdapterError": "domain.errors",
    "AlreadyActivatedError": "domain.accounts.registration",
    "AmountExceedsBalanceError": "domain.statements.payments",
    "Answer": "ports.notifier",
    "AnswerProblem": "domain.accounts.security_questions",
    "AnswerProblemCode": "domain.accounts.security_questions",
    "AppointmentId": "domain.ids",
    "AppointmentPolicy": "domain.policy",
    "AppointmentRequestEndedError": "domain.appointments.requests",
    "AppointmentRequestId": "domain.ids",
    "AppointmentStatus": "domain.appointments.appointments",
    "Approved": "ports.payments",
    "Argon2Hasher": "adapters.argon2",
    "BadInputError": "domain.errors",
    "Challenge": "application.accounts.recovery",
    "ChallengeInvalidError": "domain.accounts.challenges",
    "ConfigurationError": "domain.errors",
    "ConflictError": "domain.errors",
    "ConsoleNotifier": "adapters.console",
    "CoverNotAllowedError": "domain.medications.covers",
    "Declined": "ports.payments",
    "Device": "application.accounts.sessions",
    "Document": "application.statements.statements",
    "ENGLISH": "adapters.mail_words",
    "EmailChangePolicy": "domain.policy",
    "Health": "application.audit.audit",
    "HistoryEntry": "application.accounts.activation",
    "IdempotencyKeyReusedError": "domain.statements.payments",
    "InvitationPolicy": "domain.policy",
    "LinkForm": "application.outside",
    "LinkInvalidError": "domain.accounts.links",
    "LockoutPolicy": "domain.policy",
    "MailWords": "adapters.mail_words",
    "MedicationDiscontinuedError": "domain.medications.medications",
    "MedicationId": "domain.ids",
    "MemoryStore": "adapters.memory",
    "Message": "ports.notifier",
    "MessageId": "domain.ids",
    "MessageKind": "domain.messages.messages",
    "Money": "domain.values.money",
    "NotBookedError": "domain.appointments.appointments",
    "NotCurrentStatementError": "domain.statements.statements",
    "NotFoundError": "domain.errors",
    "NotPermittedError": "domain.staff",
    "NotPrescriberError": "domain.medications.decisions",
    "NotRenewableError": "domain.medications.renewals",
    "NotYetBegunError": "domain.appointments.attendance",
    "NoticeKind": "domain.told",
    "NoticePolicy": "domain.policy",
    "Notifier": "ports.notifier",
    "OpenRequest": "application.support.support",
    "OpenSlot": "application.appointments.schedules",
    "OutcomeUnknownError": "domain.errors",
    "OwnMedication": "application.medications.medications",
    "OwnRenewal": "application.medications.renewals",
    "OwnRenewalError": "domain.medications.decisions",
    "OwnRequest": "application.support.support",
    "Page": "application.pages",
    "PartOfDay": "domain.appointments.requests",
    "PasswordHasher": "ports.hashing",
    "PasswordPolicy": "domain.policy",
    "PasswordProblem": "domain.accounts.passwords",
    "PasswordProblemCode": "domain.accounts.passwords",
    "PatientAccess": "patient_access",
    "PatientDetails": "application.accounts.registration",
    "PatientId": "domain.ids",
    "PatientInactiveError": "domain.accounts.registration",
    "Pay": "domain.statements.payments",
    "PaymentDetails": "application.statements.payments",
    "PaymentId": "domain.ids",
    "PaymentNotSettledError": "domain.statements.refunds",
    "PaymentPolicy": "domain.policy",
    "PaymentProcessor": "ports.payments",
    "PaymentStatus": "domain.statements.payments",
    "PersonalInformation": "domain.patients.personal",
    "Place": "domain.appointments.schedules",
    "PlaceId": "domain.ids",
    "Policy": "domain.policy",
    "Portal": "portal",
    "PortalError": "domain.errors",
    "PostgresStore": "adapters.postgres",
    "PracticeAccess": "practice_access",
    "PublishedSlots": "application.appointments.schedules",
    "ReceivedMessage": "application.messages.messages",
    "RecordingNotifier": "adapters.recording",
    "RecoveryAccess": "recovery_access",
    "RecoveryClosedError": "domain.accounts.challenges",
    "RecoveryPolicy": "domain.policy",
    "RefusedError": "domain.errors",
    "RenewalDecidedError": "domain.medications.renewals",
    "RenewalId": "domain.ids",
    "RenewalNotApprovedError": "domain.medications.decisions",
    "RenewalPendingError": "domain.medications.renewals",
    "RenewalPolicy": "domain.policy",
    "RenewalStatus": "domain.medications.renewals",
    "RequestStatus": "domain.appointments.requests",
    "RequestedVisit": "application.appointments.requests",
    "Role": "domain.staff",
    "SandboxCharge": "adapters.sandbox",
    "SandboxProcessor": "adapters.sandbox",
    "SandboxSource": "adapters.sandbox",
    "Security": "adapters.smtp",
    "SecurityQuestion": "domain.accounts.security_questions",
    "SessionEndedError": "domain.accounts.sessions",
    "SessionId": "domain.ids",
    "SessionPolicy": "domain.policy",
    "SlotId": "domain.ids",
    "SlotTakenError": "domain.appointments.appointments",
    "SlotsBookedError": "domain.appointments.schedules",
    "SlotsOverlapError": "domain.appointments.schedules",
    "SmtpNotifier": "adapters.smtp",
    "SqliteStore": "adapters.sqlite",
    "StaffId": "domain.ids",
    "StaffMember": "domain.staff",
    "StatementDetails": "application.statements.statements",
    "StatementId": "domain.ids",
    "StatementNumberTakenError": "domain.statements.statements",
    "StatementOverdueError": "domain.statements.statements",
    "StatementStatus": "domain.statements.statements",
    "Store": "ports.store",
    "SupportRequestResolvedError": "domain.support.support",
    "SupportTopic": "domain.support.support",
    "TooBusyError": "domain.errors",
    "TooLateToCancelError": "domain.appointments.changes",
    "TooManyAppointmentRequestsError": "domain.appointments.requests",
    "TooManyEmailChangesError": "domain.accounts.email_change",
    "TooManyRefillsError": "domain.medications.decisions",
    "TooManySupportRequestsError": "domain.support.support",
    "Undelivered": "application.audit.audit",
    "UsernameTakenError": "domain.accounts.activation",
    "Visit": "application.appointments.appointments",
    "VisitBegunError": "domain.appointments.appointments",
    "VisitsOverlapError": "domain.appointments.appointments",
    "WaitingRenewal": "application.medications.decisions",
    "WeakAnswersError": "domain.accounts.security_questions",
    "WeakPasswordError": "domain.accounts.passwords",
    "Window": "domain.appointments.requests",
    "Words": "adapters.mail_words",
    "Worked": "application.worker.work",
    "WrongAnswerError": "domain.accounts.challenges",
    "WrongCredentialsError": "domain.accounts.log_in",
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
