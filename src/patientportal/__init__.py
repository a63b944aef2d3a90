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
    from patientportal.application.audit import Health, Undelivered
    from patientportal.application.links import LinkForm
    from patientportal.application.messages import ReceivedMessage
    from patientportal.application.pages import Page
    from patientportal.application.patients import PatientDetails
    from patientportal.application.payments import PaymentDetails
    from patientportal.application.recovery import Challenge
    from patientportal.application.sessions import Device
    from patientportal.application.statements import Document, StatementDetails
    from patientportal.application.support import OpenRequest, OwnRequest
    from patientportal.application.work import Worked
    from patientportal.assembly import open_portal
    from patientportal.domain.accounts import UsernameTakenError
    from patientportal.domain.challenges import ChallengeInvalidError, RecoveryClosedError, WrongAnswerError
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
    from patientportal.domain.ids import MessageId, PatientId, PaymentId, SessionId, StaffId, StatementId
    from patientportal.domain.links import LinkInvalidError
    from patientportal.domain.log_in import AccountLockedError, WrongCredentialsError
    from patientportal.domain.messages import MessageKind
    from patientportal.domain.money import Money
    from patientportal.domain.notices import NoticeKind
    from patientportal.domain.passwords import PasswordProblem, PasswordProblemCode, WeakPasswordError
    from patientportal.domain.patients import AlreadyActivatedError, PatientInactiveError
    from patientportal.domain.payments import AmountExceedsBalanceError, IdempotencyKeyReusedError, Pay, PaymentStatus
    from patientportal.domain.personal import PersonalInformation
    from patientportal.domain.policy import (
        EmailChangePolicy,
        InvitationPolicy,
        LockoutPolicy,
        NoticePolicy,
        PasswordPolicy,
        PaymentPolicy,
        Policy,
        RecoveryPolicy,
        SessionPolicy,
    )
    from patientportal.domain.recovery import AnswerProblem, AnswerProblemCode, SecurityQuestion, WeakAnswersError
    from patientportal.domain.refunds import PaymentNotSettledError
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
    "Approved": "ports.payments",
    "Argon2Hasher": "adapters.argon2",
    "BadInputError": "domain.errors",
    "Challenge": "application.recovery",
    "ChallengeInvalidError": "domain.challenges",
    "ConfigurationError": "domain.errors",
    "ConflictError": "domain.errors",
    "ConsoleNotifier": "adapters.console",
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
    "MemoryStore": "adapters.memory",
    "Message": "ports.notifier",
    "MessageId": "domain.ids",
    "MessageKind": "domain.messages",
    "Money": "domain.money",
    "NotCurrentStatementError": "domain.statements",
    "NotFoundError": "domain.errors",
    "NotPermittedError": "domain.staff",
    "NoticeKind": "domain.notices",
    "NoticePolicy": "domain.policy",
    "Notifier": "ports.notifier",
    "OpenRequest": "application.support",
    "OutcomeUnknownError": "domain.errors",
    "OwnRequest": "application.support",
    "Page": "application.pages",
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
    "Policy": "domain.policy",
    "Portal": "portal",
    "PortalError": "domain.errors",
    "PostgresStore": "adapters.postgres",
    "PracticeAccess": "practice_access",
    "ReceivedMessage": "application.messages",
    "RecordingNotifier": "adapters.recording",
    "RecoveryAccess": "recovery_access",
    "RecoveryClosedError": "domain.challenges",
    "RecoveryPolicy": "domain.policy",
    "RefusedError": "domain.errors",
    "Role": "domain.staff",
    "SandboxCharge": "adapters.sandbox",
    "SandboxProcessor": "adapters.sandbox",
    "SandboxSource": "adapters.sandbox",
    "Security": "adapters.smtp",
    "SecurityQuestion": "domain.recovery",
    "SessionEndedError": "domain.sessions",
    "SessionId": "domain.ids",
    "SessionPolicy": "domain.policy",
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
    "TooManyEmailChangesError": "domain.email_change",
    "TooManySupportRequestsError": "domain.support",
    "Undelivered": "application.audit",
    "UsernameTakenError": "domain.accounts",
    "WeakAnswersError": "domain.recovery",
    "WeakPasswordError": "domain.passwords",
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
    "Approved",
    "Argon2Hasher",
    "BadInputError",
    "Challenge",
    "ChallengeInvalidError",
    "ConfigurationError",
    "ConflictError",
    "ConsoleNotifier",
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
    "MemoryStore",
    "Message",
    "MessageId",
    "MessageKind",
    "Money",
    "NotCurrentStatementError",
    "NotFoundError",
    "NotPermittedError",
    "NoticeKind",
    "NoticePolicy",
    "Notifier",
    "OpenRequest",
    "OutcomeUnknownError",
    "OwnRequest",
    "Page",
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
    "Policy",
    "Portal",
    "PortalError",
    "PostgresStore",
    "PracticeAccess",
    "ReceivedMessage",
    "RecordingNotifier",
    "RecoveryAccess",
    "RecoveryClosedError",
    "RecoveryPolicy",
    "RefusedError",
    "Role",
    "SandboxCharge",
    "SandboxProcessor",
    "SandboxSource",
    "Security",
    "SecurityQuestion",
    "SessionEndedError",
    "SessionId",
    "SessionPolicy",
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
    "TooManyEmailChangesError",
    "TooManySupportRequestsError",
    "Undelivered",
    "UsernameTakenError",
    "WeakAnswersError",
    "WeakPasswordError",
    "Words",
    "Worked",
    "WrongAnswerError",
    "WrongCredentialsError",
    "open_portal",
]


__getattr__ = lazily(__name__, _MODULES)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
