"""The whole portal in a browser: a small practice on a new SQLite file, its pages, desk and mails, until Ctrl-C."""

import argparse
import sys
import tempfile
from pathlib import Path

from starlette.requests import Request

from patientportal import ConsoleNotifier, Portal, Role, SandboxProcessor, StaffId, StaffMember, open_portal
from patientportal.serving import below, listen, working
from patientportal.testing import PASSWORD, clinic
from patientportal.web import create_app

HOST, PORT = "localhost", 8000
SAM = StaffMember(id=StaffId("dr-king"), name="Dr King", roles=frozenset(Role))


def somebody(_: Request) -> StaffMember:
    """Whoever opens the desk here; in your app, whoever your own log-in says it is, or ``None``."""
    return SAM


def main(port: int) -> None:
    """Serves it until somebody ends it; the file goes with it."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"http://{HOST}:{port}"
        with open_portal(
            f"sqlite:///{Path(folder) / 'clinic.db'}",
            zone="America/New_York",
            notifier=ConsoleNotifier(print_links=True),
            payments=SandboxProcessor(),
            link_base_url=url,
        ) as portal:
            tell(portal, url)
            app = create_app(
                portal,
                practice="Lake Clinic",
                phone="+1 207 555 0100",
                email="front.desk@clinic.example",
                staff=somebody,
            )
            with working(portal):
                listen(below(portal, app), host=HOST, port=port)


def tell(portal: Portal, url: str) -> None:
    """Fills the practice, and says who can log in."""
    filled = clinic(portal)
    print(f"""
  Patients   {url}
             {filled.ada.username}, with a bit of everything, and {filled.ben.username} log in with: {PASSWORD}
             Carol was invited, and was born on December 10, 1980: {url}/activate#{filled.invitation}
  The desk   {url}/desk
             whoever opens it here is {SAM.name}, with every role; in an app your own log-in says who it is

  What is mailed appears below. Ctrl-C ends it, and the practice with it.
""")
    sys.stdout.flush()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=PORT, help=f"the port ({PORT})")
    main(parser.parse_args().port)
