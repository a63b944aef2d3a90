"""The reference portal for its benchmark, served by uvicorn on a given socket; the desk is open to everybody."""

import secrets
import socket
import sys
from pathlib import Path
from threading import Timer

import uvicorn

from benchmarks.storm_app import LIFE_S
from patientportal import Role, SandboxProcessor, StaffId, StaffMember, open_portal
from patientportal.web import create_app

SAM = StaffMember(id=StaffId("dr-king"), name="Dr King", roles=frozenset(Role))


def main(file: Path, listening: int) -> None:
    """Serves until it is stopped, ten minutes at most; each request comes as if from an address of its own.

    Args:
        file: the database's.
        listening: the descriptor of a socket that listens.
    """
    with open_portal(f"sqlite:///{file}", zone="America/New_York", payments=SandboxProcessor()) as portal:
        app = create_app(portal, practice="Lake Clinic", staff=lambda _: SAM, address=lambda _: secrets.token_hex())
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1))
        end = Timer(LIFE_S, lambda: setattr(server, "should_exit", True))
        end.daemon = True
        end.start()
        server.run(sockets=[socket.socket(fileno=listening)])


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
