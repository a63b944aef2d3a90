"""A host's app for the storm of log-ins: FastAPI over a portal on SQLite, served by uvicorn on a given socket."""

import asyncio
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from threading import Timer

import uvicorn
from attrs import asdict
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from patientportal import Portal, TooBusyError, open_portal

LIFE_S = 600


def app_of(portal: Portal) -> FastAPI:
    """Logs in and lists visits, each in one of FastAPI's forty threads; who is refused waits without a thread.

    Whoever sends ``At-Once`` is refused at once, as by a server that can't do that.
    """
    app = FastAPI()

    def log_in(username: str, password: str) -> str:
        return portal.log_in(username, password, device="phone").token

    def visits(request: Request) -> list[Mapping[str, object]]:
        me = portal.resume(request.headers["session"])
        return [asdict(visit) for visit in me.appointments.upcoming().items]

    async def too_busy(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, TooBusyError)
        seconds = error.retry_after.total_seconds() if error.retry_after else 1.0
        await asyncio.sleep(0 if "at-once" in request.headers else seconds)
        return JSONResponse({"code": error.code}, 503, {"Retry-After": f"{seconds:.0f}"})

    app.post("/log-in/{username}/{password}")(log_in)
    app.get("/visits")(visits)
    app.add_exception_handler(TooBusyError, too_busy)
    return app


def main(file: Path, listening: int) -> None:
    """Serves until it is stopped, ten minutes at most.

    Args:
        file: the database's.
        listening: the descriptor of a socket that listens.
    """
    with open_portal(f"sqlite:///{file}", zone="America/New_York") as portal:
        server = uvicorn.Server(uvicorn.Config(app_of(portal), log_level="error", timeout_graceful_shutdown=1))
        end = Timer(LIFE_S, lambda: setattr(server, "should_exit", True))
        end.daemon = True
        end.start()
        server.run(sockets=[socket.socket(fileno=listening)])


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
