"""The conformance suite for whoever writes a payment processor's adapter: every promise of ``ports.payments``."""

import pytest

pytest.register_assert_rewrite(f"{__name__}.promises")

# pytest rewrites the assertions of what is imported after it was told so.
from .promises import PaymentProcessorContract  # noqa: E402

__all__ = ["PaymentProcessorContract"]
