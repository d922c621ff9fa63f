"""Addresses of schedulers: what is none, and where nothing listens."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from longcon.builds.cluster import connect
from longcon.errors import ClusterError

NO_ADDRESSES = [
    "",
    "scheduler",
    "scheduler:8786",
    "http://scheduler:8787",
    "tcp://scheduler",
    "tcp://:8786",
    "tcp://scheduler:0",
    "tcp://scheduler:port",
    "tcp://scheduler:99999",
    "tcp://scheduler:8786/status",
    "tcp://me@scheduler:8786",
    "tcp://[scheduler:8786",
]


@pytest.mark.parametrize("text", NO_ADDRESSES)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ClusterError) as error:
        connect(text)
    assert str(error.value) == (
        f"'{text}' is no address of a scheduler: give --cluster=tcp://HOST:8786, as the scheduler prints it when it "
        "starts."
    )


def test_where_nothing_listens_there_is_no_scheduler() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(ClusterError) as error:
        connect(f"tcp://127.0.0.1:{port}")
    assert str(error.value) == (
        f"No scheduler answers at tcp://127.0.0.1:{port} (Connection refused): start one by dask scheduler, or give "
        "the address that it prints."
    )


def test_a_machine_that_is_not_known_has_no_scheduler() -> None:
    with pytest.raises(ClusterError) as error:
        connect("tcp://no-such-machine.invalid:8786")
    text = str(error.value)
    assert text.startswith("No scheduler answers at tcp://no-such-machine.invalid:8786 (")
    assert text.endswith("): start one by dask scheduler, or give the address that it prints.")


def test_another_server_is_no_scheduler(capfd: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def answer() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.sendall(b"220 mail.example ready\r\n")

        threading.Thread(target=answer, daemon=True).start()
        with pytest.raises(ClusterError) as error:
            connect(f"tcp://127.0.0.1:{port}")
        server.shutdown(socket.SHUT_RDWR)
    assert re.fullmatch(
        rf"What answers at tcp://127\.0\.0\.1:{port} is no Dask scheduler, or one of another version or security "
        r"\(\w+\): give the address that dask scheduler prints\.",
        str(error.value),
    )
    assert capfd.readouterr() == ("", "")


def test_a_connection_that_failed_leaves_the_next_one_alone() -> None:
    """Without certificates there is no TLS; Dask would leave half a client behind, on which the next one could wait."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"tls://127.0.0.1:{server.getsockname()[1]}"
        for _ in range(3):
            with pytest.raises(ClusterError) as error:
                connect(address)
            assert str(error.value) == (
                f"What answers at {address} is no Dask scheduler, or one of another version or security (TypeError): "
                "give the address that dask scheduler prints."
            )


def test_without_the_extra_one_sentence_says_so(tmp_path: Path) -> None:
    # An interpreter whose path has no distributed before the installed one: what an installation without the extra has.
    (tmp_path / "distributed.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'distributed'\", name='distributed')"
    )
    program = "\n".join(
        [
            "import sys",
            f"sys.path.insert(0, {str(tmp_path)!r})",
            "from longcon.builds.cluster import connect",
            "from longcon.errors import ClusterError",
            "try:",
            "    connect('tcp://scheduler:8786')",
            "except ClusterError as error:",
            "    print(error)",
        ]
    )
    root = str(Path(__file__).parents[3])
    told = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True).stdout
    assert told == (
        '--cluster needs the library distributed, but distributed is missing: pip install "longcon[cluster]".\n'
    )


def test_dask_is_loaded_for_a_cluster_alone() -> None:
    program = "import sys, longcon.builds.cluster, fixtures.plugin; print('distributed' in sys.modules)"
    root = str(Path(__file__).parents[3])
    told = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True).stdout
    assert told == "False\n"
