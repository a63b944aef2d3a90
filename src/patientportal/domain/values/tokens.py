"""What a link or a log-in hands out: whose it is, which one, and a secret of which only a hash is kept."""

import hashlib
import hmac
import re

from attrs import field, frozen

from patientportal.domain.ids import PatientId

ID = re.compile(r"[0-9A-Za-z_-]{1,64}", re.ASCII)
SECRET = re.compile(r"[0-9A-Za-z_-]{43,64}", re.ASCII)
_TOKEN = re.compile(r"([0-9A-Za-z_-]{1,64})\.([0-9A-Za-z_-]{1,64})\.([0-9A-Za-z_-]{43,64})", re.ASCII)


@frozen(kw_only=True)
class Token:
    """A token taken apart.

    Attributes:
        patient_id: whose it is.
        id: the link's or the session's.
        secret: at least 256 bits, as 43 or more characters of base64url.
    """

    patient_id: PatientId
    id: str
    secret: str = field(repr=False)

    @property
    def secret_hash(self) -> bytes:
        """What is stored of the secret."""
        return hashed(self.secret)

    def as_text(self) -> str:
        """The token as it is handed out."""
        return f"{self.patient_id}.{self.id}.{self.secret}"

    def fits(self, secret_hash: bytes) -> bool:
        """Whether its secret is the one with this hash, compared in constant time."""
        return hmac.compare_digest(self.secret_hash, secret_hash)


def hashed(secret: str) -> bytes:
    """SHA-256 of a secret of 256 random bits: what is stored (OWASP ASVS 5.0, 7.2.3)."""
    return hashlib.sha256(secret.encode()).digest()


def parsed(text: object, *, field: str) -> Token | None:
    """The token that stands in this text, or ``None`` where none can: of any length, decided in bounded time.

    Args:
        text: what came from outside.
        field: its name, for the error.

    Raises:
        TypeError: it isn't a ``str``.
    """
    if not isinstance(text, str):
        raise TypeError(f"{field} must be str, not {type(text).__name__}")
    match = _TOKEN.fullmatch(text)
    if match is None:
        return None
    patient_id, own_id, secret = match.groups()
    return Token(patient_id=PatientId(patient_id), id=own_id, secret=secret)
