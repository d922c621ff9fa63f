"""The library of signatures: it asks no network, is loaded where it is used, and named where it is missing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from longcon.builds.signing_keys import read_public_key
from longcon.errors import SignatureError
from tests.builds.keys import elliptic, private_file, public_file
from tests.builds.signed_builds import PASSWORD, refused, signed_build, written

ROOT = Path(__file__).parents[2]
ALONE = """
import socket, sys
from pathlib import Path

def connect(*_):
    raise AssertionError("a network was asked")

socket.socket.connect = socket.socket.connect_ex = socket.socket.sendto = connect
socket.getaddrinfo = socket.gethostbyname = connect

from longcon.builds.signature import sign_build, verify_signature
from longcon.builds.signing_keys import read_private_key, read_public_key

build, private, public, password = map(Path, sys.argv[1:])
verify_signature(build, sign_build(build, read_private_key(private, password)), read_public_key(public))
print("held", *sorted(name for name in ("model_signing", "sigstore") if name in sys.modules))
"""
LAZY = """
import sys
from longcon.commands import check_signature, sign
print(*sorted(name for name in ("model_signing", "sigstore", "cryptography") if name in sys.modules))
"""


def _said_by(program: str, *arguments: object) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.slow
def test_no_network_is_asked(tmp_path: Path) -> None:
    key, password = elliptic(), tmp_path / "password.txt"
    password.write_bytes(PASSWORD)
    private = private_file(tmp_path / "private.pem", key, PASSWORD)
    public = public_file(tmp_path / "public.pem", key)
    assert _said_by(ALONE, written(tmp_path / "store"), private, public, password) == "held model_signing sigstore"


@pytest.mark.slow
def test_the_library_is_loaded_where_it_is_used() -> None:
    assert _said_by(LAZY) == ""


@pytest.mark.parametrize("name", ["model_signing", "OpenSSL"])
def test_a_missing_library_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    folder, signature, key = signed_build(tmp_path)
    for loaded in [each for each in sys.modules if each.partition(".")[0] == "model_signing"]:
        monkeypatch.delitem(sys.modules, loaded)
    monkeypatch.setitem(sys.modules, name, None)
    sentence = f'Signatures need the library model-signing, but {name} is missing: pip install "longcon[sign]".'
    assert refused(folder, signature, key) == sentence
    with pytest.raises(SignatureError) as caught:
        read_public_key(key.path)
    assert str(caught.value) == sentence
