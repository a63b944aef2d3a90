"""Whether the sums beside statements and payments are those of the rows that they are made of."""

from collections.abc import Iterator

from patientportal.self_check.findings import Finding, ok, wrong
from patientportal.self_check.place import Place

OTHER_SUMS = """
    SELECT count(*) FROM statements LEFT JOIN (
        SELECT patient_id, counts_on,
            sum(CASE WHEN status = 'settled' AND method <> 'reduction'
                THEN amount_minor_units - refunded_minor_units ELSE 0 END) AS paid,
            sum(CASE WHEN status = 'settled' AND method = 'reduction'
                THEN amount_minor_units - refunded_minor_units ELSE 0 END) AS reduced,
            sum(CASE WHEN status = 'pending' THEN amount_minor_units ELSE 0 END) AS pending
        FROM payments GROUP BY patient_id, counts_on
    ) counting ON counting.patient_id = statements.patient_id AND counts_on = id
    WHERE paid_minor_units <> coalesce(paid, 0) OR reduced_minor_units <> coalesce(reduced, 0)
        OR pending_minor_units <> coalesce(pending, 0)
"""
OTHER_REFUNDS = """
    SELECT count(*) FROM payments LEFT JOIN (
        SELECT patient_id, payment_id,
            sum(CASE WHEN status = 'done' THEN amount_minor_units ELSE 0 END) AS done,
            sum(CASE WHEN status = 'pending' THEN amount_minor_units ELSE 0 END) AS pending
        FROM refunds GROUP BY patient_id, payment_id
    ) giving ON giving.patient_id = payments.patient_id AND payment_id = id
    WHERE refunded_minor_units <> coalesce(done, 0) OR refunding_minor_units <> coalesce(pending, 0)
"""
NONE_CURRENT = """
    SELECT count(DISTINCT patient_id) FROM statements WHERE status = 'superseded' AND patient_id NOT IN (
        SELECT patient_id FROM statements WHERE status = 'current'
    )
"""


def of_books(place: Place) -> Iterator[Finding]:
    """What the books of a database at this release's step add up to; each question is answered of one moment."""
    found = (
        (OTHER_SUMS, "statements have other sums than the payments that count on them"),
        (OTHER_REFUNDS, "payments have other sums than their refunds"),
        (NONE_CURRENT, "patients have statements, and none that is current"),
    )
    faults = [(count, what) for question, what in found for ((count,),) in [place.asked(question)] if count]
    yield from (wrong(f"books: {count} {what}") for count, what in faults)
    if not faults:
        yield ok("books: every statement and every payment has the sums of what it is made of")
