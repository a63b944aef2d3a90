"""The clinic's portal, as its app and its worker open it."""

import os
from pathlib import Path

from patientportal import Portal, SandboxProcessor, open_portal_from_env


def make() -> Portal:
    """The settings of the process say the rest; your processor's adapter stands in the sandbox's place."""
    return open_portal_from_env(payments=SandboxProcessor(Path(os.environ["CLINIC_LEDGER"])))
