"""A server of SFTP on this machine, which serves one folder to whoever knows the password."""

# ruff: noqa: ARG002 - what paramiko hands to a server, whether it uses it or not
from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paramiko

PASSWORD = "open-sesame"  # noqa: S105 - opens nothing but this


class _Door(paramiko.ServerInterface):  # type: ignore[misc]
    def check_auth_password(self, username: str, password: str) -> int:
        return int(paramiko.AUTH_SUCCESSFUL if password == PASSWORD else paramiko.AUTH_FAILED)

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return int(paramiko.OPEN_SUCCEEDED)


def _folder_server(root: Path) -> type[paramiko.SFTPServerInterface]:
    def answer(act: object) -> int:
        try:
            assert callable(act)
            act()
        except OSError as error:
            return int(paramiko.SFTPServer.convert_errno(error.errno))
        return int(paramiko.SFTP_OK)

    class FolderServer(paramiko.SFTPServerInterface):  # type: ignore[misc]
        def _at(self, path: str) -> Path:
            return root / str(self.canonicalize(path)).lstrip("/")

        def stat(self, path: str) -> paramiko.SFTPAttributes | int:
            try:
                return paramiko.SFTPAttributes.from_stat(self._at(path).stat())
            except OSError as error:
                return int(paramiko.SFTPServer.convert_errno(error.errno))

        lstat = stat

        def list_folder(self, path: str) -> list[paramiko.SFTPAttributes] | int:
            try:
                return [paramiko.SFTPAttributes.from_stat(each.stat(), each.name) for each in self._at(path).iterdir()]
            except OSError as error:
                return int(paramiko.SFTPServer.convert_errno(error.errno))

        def open(self, path: str, flags: int, attr: paramiko.SFTPAttributes) -> paramiko.SFTPHandle | int:
            handle = paramiko.SFTPHandle(flags)
            try:
                descriptor = os.open(self._at(path), flags, 0o600)
            except OSError as error:
                return int(paramiko.SFTPServer.convert_errno(error.errno))
            file = os.fdopen(descriptor, "wb" if flags & os.O_WRONLY else "rb")
            handle.readfile = handle.writefile = file
            return handle

        def remove(self, path: str) -> int:
            return answer(self._at(path).unlink)

        def posix_rename(self, old: str, new: str) -> int:
            return answer(lambda: self._at(old).replace(self._at(new)))

        def mkdir(self, path: str, attr: paramiko.SFTPAttributes) -> int:
            return answer(self._at(path).mkdir)

    return FolderServer


@contextmanager
def sftp_server(root: Path) -> Iterator[int]:
    """Serves a folder for as long as the context lasts, and gives the port."""
    key = paramiko.ECDSAKey.generate()
    server = socket.create_server(("127.0.0.1", 0))
    transports: list[paramiko.Transport] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            transport = paramiko.Transport(connection)
            transports.append(transport)
            transport.add_server_key(key)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, _folder_server(root))
            transport.start_server(event=threading.Event(), server=_Door())

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield int(server.getsockname()[1])
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join()
        for transport in transports:
            transport.close()
