"""What a challenge is named by when it is answered: all of it, sealed, so that nothing need be kept of a question."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

from patientportal.domain.ids import PatientId
from patientportal.domain.values.sealed import sealed, unsealed

from .challenges import Flow, RecoveryChallenge
from .security_questions import SecurityQuestion

_ID_LENGTH = 64  # of a patient's, at most: every challenge is as long, so that nobody's looks like anybody's
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def written(challenge: RecoveryChallenge, *, key: bytes) -> str:
    """A challenge as it is handed out: its patient can't be read in it, nor whether there is one.

    Args:
        challenge: what was asked.
        key: the portal's.
    """
    content = [
        challenge.patient_id.ljust(_ID_LENGTH),
        challenge.subject_hash.hex(),
        challenge.flow.value,
        [question.value for question in challenge.questions],
        (challenge.started_at - _BEGINNING) // _MICROSECOND,
    ]
    return sealed(json.dumps(content).encode(), key=_own(key))


def read(text: object, *, field: str, key: bytes) -> RecoveryChallenge | None:
    """The challenge that was handed out so, or ``None`` where this portal handed out none.

    Args:
        text: what came from outside.
        field: its name, for the error.
        key: the portal's.

    Raises:
        TypeError: it isn't a ``str``.
    """
    content = unsealed(text, field=field, key=_own(key))
    if content is None:
        return None
    patient_id, subject_hash, flow, questions, started_at = json.loads(content)
    return RecoveryChallenge(
        patient_id=PatientId(patient_id.rstrip()),
        subject_hash=bytes.fromhex(subject_hash),
        flow=Flow(flow),
        questions=tuple(SecurityQuestion(question) for question in questions),
        started_at=_BEGINNING + started_at * _MICROSECOND,
    )


def _own(key: bytes) -> bytes:
    """A key for challenges alone, and for this form of them."""
    return hmac.digest(key, b"recovery-challenge 1", hashlib.sha256)
