"""What whoever runs a portal wants to see in its log: lines of a code and opaque ids, and nothing about anybody."""

import logging

_log = logging.getLogger("patientportal")


def log_line(code: str, **ids: object) -> None:
    """One line at INFO, such as ``locked_out patient_id=01J...``, once what it tells of was saved.

    Args:
        code: of a closed list, which ``docs/observing.md`` has; the record has it as an attribute, too.
        ids: what it is about: ids of ours, numbers and codes, each an attribute of the record.
    """
    if _log.isEnabledFor(logging.INFO):
        told = {"code": code, **ids}
        _log.info(" ".join([code, *(f"{name}={value}" for name, value in ids.items())]), extra=told)
