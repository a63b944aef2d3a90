"""What is kept of accounts, what happens to them, and who is told of it."""

from collections.abc import Mapping
from types import MappingProxyType

from attrs import frozen

from patientportal.domain.events import Event
from patientportal.domain.ids import LinkId
from patientportal.domain.kinds import Kind, Unique
from patientportal.domain.policy import Policy
from patientportal.domain.told import Notice, NoticeKind, Plainly, Telling, untold

from .account_end import AccountEnded
from .activation import Account, AccountActivated, Username
from .answers_change import SecurityAnswersChanged
from .birth_dates import BirthDateWrong
from .challenges import AnswerWrong, Flow, RecoveryAnswered, RecoveryClosed, RecoveryGuard
from .codes import CodeUnknown
from .corrections import LanguageChanged, PatientCorrected
from .email_change import EmailChange, EmailChanged, EmailChangeRequested
from .guards import LogInGuard
from .link_requests import RecoveryLinkRequested
from .links import Link, LinkSecret, LinkStatus, Purpose
from .log_in import LockedOut, LoggedIn, LogInFailed, Unlocked
from .notice_choices import NoticesChosen
from .password_change import PasswordChanged
from .password_reset import PasswordReset, PasswordResetSent
from .printing import InvitationPrinted, PasswordResetPrinted
from .recovery_names import RecoveryName
from .registration import PatientDeactivated, PatientInvited, PatientReactivated, PatientRegistered
from .restored import RestoredFromBackup
from .security_questions import SecurityAnswers
from .sessions import DeviceLoggedOff, LoggedOff, LoggedOffEverywhere, Session

KINDS: tuple[Kind, ...] = (
    Kind(LogInGuard, "log_in_guards", ("name_hash",)),
    Kind(RecoveryGuard, "recovery_guards", ("subject_hash",)),
    Kind(Username, "usernames", ("name",), (Unique(("patient_id",)),)),
    Kind(RecoveryName, "recovery_names", ("patient_id",)),
    Kind(Account, "accounts", ("patient_id",)),
    Kind(SecurityAnswers, "security_answers", ("patient_id",)),
    Kind(
        Link,
        "links",
        ("patient_id", "id"),
        (Unique(("patient_id", "purpose", "is_printed"), among=("status", LinkStatus.OPEN)),),
    ),
    Kind(LinkSecret, "link_secrets", ("patient_id", "link_id", "secret_hash")),
    Kind(EmailChange, "email_changes", ("patient_id", "id")),
    Kind(Session, "sessions", ("patient_id", "id")),
)


@frozen
class WithLink:
    """Of this there is one notice, which carries the link that it made, if it made one."""

    kind: NoticeKind

    def __call__(self, event: PatientRegistered | PatientInvited | PasswordResetSent, _: Policy) -> tuple[Notice, ...]:
        """See ``Telling``."""
        return () if event.link_id is None else (Notice(kind=self.kind, link_id=event.link_id),)


def _who_has_an_account(event: PatientCorrected, _: Policy) -> tuple[Notice, ...]:
    return (Notice(kind=NoticeKind.DETAILS_CORRECTED),) if event.is_told else ()


def _once_an_hour(event: LockedOut, _: Policy) -> tuple[Notice, ...]:
    return (Notice(kind=NoticeKind.ACCOUNT_LOCKED),) if event.is_told else ()


def _if_the_practice_wants_it(_: LoggedIn, policy: Policy) -> tuple[Notice, ...]:
    return (Notice(kind=NoticeKind.NEW_LOG_IN),) if policy.notices.new_log_in else ()


def _if_there_is_a_link(event: RecoveryAnswered, _: Policy) -> tuple[Notice, ...]:
    return () if event.link_id is None else (Notice(kind=_OF_FLOW[event.flow], link_id=event.link_id),)


_OF_FLOW = {Flow.PASSWORD: NoticeKind.PASSWORD_RESET, Flow.USERNAME: NoticeKind.USERNAME_REMINDER}


def _of_what_was_forgotten(event: RecoveryLinkRequested, _: Policy) -> tuple[Notice, ...]:
    return (Notice(kind=_OF_FLOW[event.flow], link_id=event.link_id),)


def _staff_once_the_link_is_over(event: BirthDateWrong, _: Policy) -> tuple[Notice, ...]:
    """A letter with a link that is over is given up at once, and so stands before whoever sees to such letters."""
    return (Notice(kind=_OF_PURPOSE[event.purpose], link_id=event.link_id),) if event.link_ended else ()


_OF_PURPOSE = {Purpose.INVITATION: NoticeKind.INVITATION, Purpose.PASSWORD_RESET: NoticeKind.PASSWORD_RESET}


def _both_addresses(event: EmailChangeRequested, _: Policy) -> tuple[Notice, ...]:
    return (
        Notice(kind=NoticeKind.CONFIRM_EMAIL, link_id=LinkId(event.change_id), email_change_id=event.change_id),
        Notice(kind=NoticeKind.EMAIL_CHANGE_REQUESTED, email_change_id=event.change_id),
    )


def _former_address(event: EmailChanged, _: Policy) -> tuple[Notice, ...]:
    return (Notice(kind=NoticeKind.EMAIL_CHANGED, email_change_id=event.change_id),)


EVENTS: Mapping[type[Event], Telling] = MappingProxyType(
    {
        AccountActivated: untold,
        AccountEnded: untold,
        AnswerWrong: untold,
        BirthDateWrong: _staff_once_the_link_is_over,
        CodeUnknown: untold,
        DeviceLoggedOff: untold,
        EmailChangeRequested: _both_addresses,
        EmailChanged: _former_address,
        LanguageChanged: untold,
        InvitationPrinted: untold,
        LockedOut: _once_an_hour,
        LogInFailed: untold,
        LoggedIn: _if_the_practice_wants_it,
        LoggedOff: untold,
        LoggedOffEverywhere: untold,
        NoticesChosen: untold,
        PasswordChanged: Plainly(NoticeKind.PASSWORD_CHANGED),
        PasswordResetPrinted: Plainly(NoticeKind.PASSWORD_RESET_PRINTED),
        PasswordReset: Plainly(NoticeKind.PASSWORD_CHANGED),
        PasswordResetSent: WithLink(NoticeKind.PASSWORD_RESET),
        PatientCorrected: _who_has_an_account,
        PatientDeactivated: untold,
        PatientInvited: WithLink(NoticeKind.INVITATION),
        PatientReactivated: untold,
        PatientRegistered: WithLink(NoticeKind.INVITATION),
        RecoveryAnswered: _if_there_is_a_link,
        RecoveryClosed: untold,
        RecoveryLinkRequested: _of_what_was_forgotten,
        RestoredFromBackup: untold,
        SecurityAnswersChanged: Plainly(NoticeKind.SECURITY_ANSWERS_CHANGED),
        Unlocked: untold,
    }
)
