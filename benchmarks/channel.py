"""Lines of JSON over a Unix socket between the conductor and the processes it times.

Standard output stays free for whatever an engine prints, and every rank of an MPI program has its own line, so that
idle ranks sleep in `recv` and do not spin in a barrier.
"""

import json
import socket
from typing import Any

PATH_VARIABLE = "PYMPR_BENCH_SOCKET"


class Channel:
    """One connected socket; messages are dictionaries."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.file = connection.makefile("rw", encoding="utf-8")

    def send(self, message: dict[str, Any]) -> None:
        self.file.write(json.dumps(message) + "\n")
        self.file.flush()

    def receive(self) -> dict[str, Any] | None:
        """Wait for the next message; None when the other side is gone."""
        try:
            line = self.file.readline()
        except ConnectionError:
            return None
        return json.loads(line) if line else None

    def close(self) -> None:
        """Let the other side read its end of file now (closing alone would wait for `file`)."""
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.connection.close()


def connect(path: str) -> Channel:
    """Connect to the conductor that listens at `path`."""
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(path)
    return Channel(connection)
