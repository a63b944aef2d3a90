"""A challenge comes back as it was handed out, and as long for nobody as for anybody."""

from datetime import UTC, datetime
from typing import Any

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.accounts import challenge_ids
from patientportal.domain.accounts.challenges import Flow, RecoveryChallenge
from patientportal.domain.accounts.security_questions import SecurityQuestion
from patientportal.domain.ids import NOBODY
from patientportal.testing import strategies
from tests.domain.accounts.challenges.answering import OF_TWO

KEY = b"k" * 32
ANY: Any = st.builds(
    RecoveryChallenge,
    patient_id=st.just(NOBODY) | strategies.patient_ids(),
    subject_hash=st.binary(min_size=32, max_size=32),
    flow=st.sampled_from(Flow),
    questions=st.lists(st.sampled_from(SecurityQuestion), min_size=1, max_size=2, unique=True).map(tuple),
    started_at=st.datetimes(timezones=st.just(UTC)),
)


@given(ANY)
def test_a_challenge_is_read_as_it_was_written_under_the_same_key_alone(challenge: RecoveryChallenge) -> None:
    text = challenge_ids.written(challenge, key=KEY)
    assert challenge_ids.read(text, field="challenge_id", key=KEY) == challenge
    assert challenge_ids.read(text, field="challenge_id", key=KEY + b"x") is None


@given(ANY, strategies.patient_ids())
def test_nobodys_challenge_is_as_long_as_anybodys(challenge: RecoveryChallenge, patient_id: Any) -> None:
    nobodys, somebodys = (evolve(challenge, patient_id=one) for one in (NOBODY, patient_id))
    lengths = {len(challenge_ids.written(one, key=KEY)) for one in (nobodys, somebodys)}
    assert len(lengths) == 1


def test_the_longest_challenge_is_short_enough_to_come_back() -> None:
    longest = sorted(SecurityQuestion, key=lambda question: len(question.value))[-2:]
    far = datetime(9999, 12, 31, tzinfo=UTC)
    challenge = evolve(OF_TWO, subject_hash=b"x" * 32, questions=tuple(longest), started_at=far)
    assert len(challenge_ids.written(challenge, key=KEY)) < 512
