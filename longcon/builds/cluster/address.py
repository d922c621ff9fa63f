"""Where a scheduler is: an address that could be one, and whether anything listens there."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

from longcon.errors import ClusterError

_PROTOCOLS = ("tcp", "tls")
_EXAMPLE = "give --cluster=tcp://HOST:8786, as the scheduler prints it when it starts."
_SECONDS = 5.0


def require_address(text: str) -> None:
    """Checks that ``text`` could be the address of a scheduler.

    Raises:
        ClusterError: it could not.
    """
    _host_and_port(text)


def require_listening(address: str) -> None:
    """Checks that something takes connections at an address; Dask itself would try again until its time is up.

    Raises:
        ClusterError: nothing does.
    """
    host, port = _host_and_port(address)
    try:
        socket.create_connection((host, port), _SECONDS).close()
    except OSError as error:
        reason = "no answer" if isinstance(error, TimeoutError) else error.strerror or str(error)
        raise ClusterError(
            f"No scheduler answers at {address} ({reason}): start one by dask scheduler, or give the address that it "
            "prints."
        ) from None


def _host_and_port(text: str) -> tuple[str, int]:
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise _no_address(text) from None
    if parts.scheme not in _PROTOCOLS or not host or not port or parts.path or parts.query or parts.username:
        raise _no_address(text)
    return host, port


def _no_address(text: str) -> ClusterError:
    return ClusterError(f"'{text}' is no address of a scheduler: {_EXAMPLE}")
