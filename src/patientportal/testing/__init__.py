"""Building blocks for users' own tests: fakes, a portal in memory, contracts, strategies and state machines."""

from patientportal.lazy import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
