"""The names by which things are known: opaque text, one type a thing."""

from typing import NewType

PatientId = NewType("PatientId", str)
SessionId = NewType("SessionId", str)
LinkId = NewType("LinkId", str)
EmailChangeId = NewType("EmailChangeId", str)
DeliveryId = NewType("DeliveryId", str)
SupportRequestId = NewType("SupportRequestId", str)
MessageId = NewType("MessageId", str)
PlaceId = NewType("PlaceId", str)
VisitTypeId = NewType("VisitTypeId", str)
SlotId = NewType("SlotId", str)
AppointmentId = NewType("AppointmentId", str)
AppointmentRequestId = NewType("AppointmentRequestId", str)
MedicationId = NewType("MedicationId", str)
RenewalId = NewType("RenewalId", str)
StatementId = NewType("StatementId", str)
PaymentId = NewType("PaymentId", str)
RefundId = NewType("RefundId", str)
EventId = NewType("EventId", str)
StaffId = NewType("StaffId", str)

NOBODY = PatientId("nobody")
"""Stands where there is no patient: what a stranger did is kept, and looked for, like what a patient did."""
