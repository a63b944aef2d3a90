"""A patient of whom everything is known."""

from datetime import date

from patientportal.domain.patients.personal import PersonalInformation

ADA = PersonalInformation(
    first_name="Ada",
    last_name="Lovelace",
    date_of_birth=date(1975, 3, 28),
    email="quillpen.mail@example.org",
    phone="+44 20 7946 0958",
    postal_code="SW1A 1AA",
    language="en-GB",
)
