"""The patient's side: a handle is a capability, and everything it reaches is the patient's own."""

from datetime import datetime

from patientportal.application.accounts import sessions
from patientportal.application.accounts.sessions import SessionToken, SignedIn
from patientportal.application.environment import Environment
from patientportal.domain.ids import PatientId
from patientportal.patient_access.account import AccountAccess
from patientportal.patient_access.appointments import AppointmentsAccess
from patientportal.patient_access.medications import MedicationsAccess
from patientportal.patient_access.messages import MessagesAccess
from patientportal.patient_access.statements import StatementsAccess
from patientportal.patient_access.support import SupportAccess


class PatientAccess:
    """A patient who is logged in. Each call checks the session and raises ``SessionEndedError`` when it is over."""

    def __init__(self, env: Environment, who: SignedIn, token: str) -> None:
        self._env = env
        self._who = who
        self._token = SessionToken(token)

    @property
    def account(self) -> AccountAccess:
        """The patient's password, address, security questions, devices and history."""
        return AccountAccess(self._env, self._who, self._token)

    @property
    def appointments(self) -> AppointmentsAccess:
        """The patient's visits: find a slot, book, move and cancel, or ask for one."""
        return AppointmentsAccess(self._env, self._who)

    @property
    def medications(self) -> MedicationsAccess:
        """The patient's medications, and their renewals."""
        return MedicationsAccess(self._env, self._who)

    @property
    def messages(self) -> MessagesAccess:
        """What the practice has written to the patient."""
        return MessagesAccess(self._env, self._who)

    @property
    def statements(self) -> StatementsAccess:
        """The patient's statements and payments."""
        return StatementsAccess(self._env, self._who)

    @property
    def support(self) -> SupportAccess:
        """What the patient asks support for."""
        return SupportAccess(self._env, self._who)

    @property
    def token(self) -> str:
        """What ``Portal.resume`` takes; a secret, for a cookie that is Secure, HttpOnly and SameSite.

        A changed password makes it another one.
        """
        return self._token.text

    @property
    def patient_id(self) -> PatientId:
        """Whose records these are."""
        return self._who.patient_id

    @property
    def idle_until(self) -> datetime:
        """When the session ends unless a request extends it, as it stood at this log-in or ``resume``; UTC.

        A page that warns somebody asks again first, with ``Portal.resume(token, extend=False)``: they may be at work in
        another window.
        """
        return self._who.idle_until

    @property
    def ends_at(self) -> datetime:
        """When the session is over whatever is asked: ``Policy.sessions.absolute`` after the log-in; UTC."""
        return self._who.ends_at

    def log_off(self) -> None:
        """Ends this session for good, at once. A second time changes nothing."""
        sessions.log_off(self._env, self._who)

    def log_off_everywhere(self) -> None:
        """Ends every session of the patient, this one included.

        Raises:
            SessionEndedError: this session is over.
        """
        sessions.log_off_everywhere(self._env, self._who)

    def __repr__(self) -> str:
        return f"PatientAccess({self._who.patient_id})"
