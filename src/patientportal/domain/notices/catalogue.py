"""What is kept of notices, what happens to them, and who is told of it."""

from patientportal.domain.kinds import Kind

from .notices import Delivery

KINDS: tuple[Kind, ...] = (Kind(Delivery, "deliveries", ("id",)),)
