"""Signatures of builds: they hold for the very files and the very key, without a network, and for nothing else."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from model_signing import hashing, signing

from longcon.builds.signature import public_key_of, sign_build, verify_signature
from longcon.builds.signing_keys import PrivateKey, PublicKey, read_private_key, read_public_key
from longcon.errors import SignatureError, StoreError
from tests.builds.keys import elliptic, private_file, public_file
from tests.builds.small_builds import told_otherwise, write_small

ROOT = Path(__file__).parents[2]
PASSWORD = b"correct horse"


@pytest.fixture
def build(tmp_path: Path) -> Path:
    return _written(tmp_path / "store")


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[PrivateKey, PublicKey]:
    place, key = tmp_path_factory.mktemp("keys"), elliptic()
    (place / "password.txt").write_bytes(PASSWORD)
    private = private_file(place / "private.pem", key, PASSWORD)
    return read_private_key(private, place / "password.txt"), read_public_key(public_file(place / "public.pem", key))


@pytest.fixture(scope="module")
def signed(
    tmp_path_factory: pytest.TempPathFactory, keys: tuple[PrivateKey, PublicKey]
) -> tuple[Path, bytes, PublicKey]:
    """A signed build that nobody alters."""
    folder = _written(tmp_path_factory.mktemp("signed"))
    return folder, sign_build(folder, keys[0]), keys[1]


def _written(store: Path, replicate: int = 1) -> Path:
    return store / "builds" / write_small(store / "builds", replicate)


def _refused(folder: Path, signature: bytes | None, key: PublicKey) -> str:
    with pytest.raises(SignatureError) as caught:
        verify_signature(folder, signature, key)
    return str(caught.value)


def test_a_signature_holds_wherever_the_build_is(
    build: Path, keys: tuple[PrivateKey, PublicKey], tmp_path: Path
) -> None:
    signature = sign_build(build, keys[0])
    verify_signature(build, signature, keys[1])
    assert public_key_of(signature) == keys[1].digest
    shutil.copytree(build, tmp_path / "elsewhere" / build.name)
    verify_signature(tmp_path / "elsewhere" / build.name, signature, keys[1])


def test_a_signature_names_every_file_and_no_secret(build: Path, keys: tuple[PrivateKey, PublicKey]) -> None:
    signature = sign_build(build, keys[0])
    bundle = json.loads(signature)
    assert bundle["mediaType"] == "application/vnd.dev.sigstore.bundle.v0.3+json"
    statement = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
    named = {resource["name"] for resource in statement["predicate"]["resources"]}
    assert named == {path.name for path in build.iterdir()}
    assert PASSWORD not in signature
    assert b"PRIVATE" not in signature
    assert sorted(path.name for path in build.parent.iterdir()) == [build.name]


def _alter(build: Path) -> None:
    (build / "scores.safetensors").write_bytes(b"")


def _add(build: Path) -> None:
    (build / "note.txt").write_text("a note")


def _add_for_git(build: Path) -> None:
    # What the library ignores unless it is told not to.
    (build / ".gitignore").write_text("*")


def _remove(build: Path) -> None:
    (build / "state-0000.safetensors").unlink()


def _link(build: Path) -> None:
    place = build / "scores.safetensors"
    place.rename(build.parents[1] / "scores")
    place.symlink_to(build.parents[1] / "scores")


def _add_folder(build: Path) -> None:
    (build / "more").mkdir()


def _seal_anew(build: Path) -> None:
    """Alters a file, and the manifest with it, as somebody does who knows how."""
    (build / "scores.safetensors").write_bytes(b"")
    told_otherwise(build, lambda manifest: manifest["files"].update({"scores.safetensors": "0" * 64}))


ALTERED: list[tuple[Callable[[Path], None], str]] = [
    (_alter, "scores.safetensors has other bytes"),
    (_add, "note.txt was added"),
    (_add_for_git, ".gitignore was added"),
    (_add_folder, "more was added"),
    (_remove, "state-0000.safetensors is missing"),
    (_link, "scores.safetensors cannot be read (Too many levels of symbolic links)"),
    (_seal_anew, "manifest.json has other bytes, scores.safetensors has other bytes"),
]


@pytest.mark.parametrize(("alter", "how"), ALTERED, ids=[alter.__name__[1:] for alter, _ in ALTERED])
def test_a_build_that_was_altered_after_it_was_signed(
    build: Path, keys: tuple[PrivateKey, PublicKey], alter: Callable[[Path], None], how: str
) -> None:
    signature = sign_build(build, keys[0])
    alter(build)
    assert _refused(build, signature, keys[1]) == (
        f"Build {build.name} is not as it was signed, {how}: restore it from a copy."
    )


@pytest.mark.parametrize(("alter", "how"), ALTERED[:-1], ids=[alter.__name__[1:] for alter, _ in ALTERED[:-1]])
def test_a_build_that_was_altered_is_not_signed(
    build: Path, keys: tuple[PrivateKey, PublicKey], alter: Callable[[Path], None], how: str
) -> None:
    alter(build)
    with pytest.raises(StoreError) as caught:
        sign_build(build, keys[0])
    assert str(caught.value) == (
        f"Build {build} was altered: {how}; restore it from a copy, or delete it or give --fresh to retrain."
    )


def test_another_key(signed: tuple[Path, bytes, PublicKey], tmp_path: Path) -> None:
    folder, signature, _ = signed
    other = read_public_key(public_file(tmp_path / "other.pem", elliptic()))
    assert _refused(folder, signature, other) == (
        f"Build {folder.name} was signed with another key than {other.path}: give the public key of whoever signed it "
        "as --public-key, or have it signed with this one."
    )


def test_another_key_under_the_name_of_this_one(signed: tuple[Path, bytes, PublicKey], tmp_path: Path) -> None:
    folder, _, key = signed
    other = read_private_key(private_file(tmp_path / "other.pem", elliptic()))
    forged = json.loads(sign_build(folder, other))
    forged["verificationMaterial"]["publicKey"]["hint"] = key.digest
    assert _refused(folder, json.dumps(forged).encode(), key) == (
        f"The signature of build {folder.name} was altered or forged: get it again from whoever signed."
    )


def test_no_signature(signed: tuple[Path, bytes, PublicKey]) -> None:
    folder, _, key = signed
    assert _refused(folder, None, key) == (
        f"Build {folder.name} has no signature: have it signed with python -m longcon sign."
    )


def test_the_signature_of_another_build(signed: tuple[Path, bytes, PublicKey], tmp_path: Path) -> None:
    _, signature, key = signed
    other = _written(tmp_path, replicate=2)
    assert _refused(other, signature, key) == (
        f"Build {other.name} is not as it was signed, manifest.json has other bytes: restore it from a copy."
    )


def _changed(signature: bytes, *path: Any, to: Any) -> bytes:
    bundle = json.loads(signature)
    place = bundle
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = to
    return json.dumps(bundle).encode()


STRANGE: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("empty", lambda _: b""),
    ("a list", lambda _: b"[]"),
    ("brackets", lambda _: b"[" * 60_000),
    ("cut", lambda signature: signature[:-1]),
    ("long", lambda signature: signature + b" " * 70_000),
    ("of a certificate", lambda s: _changed(s, "verificationMaterial", to={"certificate": {"rawBytes": ""}})),
    ("of no key", lambda s: _changed(s, "verificationMaterial", "publicKey", "hint", to=None)),
    ("of another kind", lambda s: _changed(s, "mediaType", to="application/json")),
    ("signed by nobody", lambda s: _changed(s, "dsseEnvelope", "signatures", to=[])),
    ("of nothing", lambda s: _changed(s, "dsseEnvelope", "payload", to="e30=")),
]


@pytest.mark.parametrize("strange", [make for _, make in STRANGE], ids=[name for name, _ in STRANGE])
def test_what_is_no_signature(signed: tuple[Path, bytes, PublicKey], strange: Callable[[bytes], bytes]) -> None:
    folder, signature, key = signed
    assert _refused(folder, strange(signature), key) == (
        f"The signature of build {folder.name} is none that can be read: get it again from whoever signed."
    )


def test_a_signature_that_says_something_else(signed: tuple[Path, bytes, PublicKey]) -> None:
    folder, signature, key = signed
    payload = base64.b64decode(json.loads(signature)["dsseEnvelope"]["payload"]).replace(b"scores", b"scored")
    forged = _changed(signature, "dsseEnvelope", "payload", to=base64.b64encode(payload).decode())
    assert _refused(folder, forged, key) == (
        f"The signature of build {folder.name} was altered or forged: get it again from whoever signed."
    )


def test_a_signature_that_leaves_files_out(build: Path, tmp_path: Path) -> None:
    """The same key, used by another program that was told to ignore a file."""
    key = elliptic()
    private, public = private_file(tmp_path / "private.pem", key), public_file(tmp_path / "public.pem", key)
    config = signing.Config().use_elliptic_key_signer(private_key=private)  # type: ignore[no-untyped-call]
    ignoring = hashing.Config().set_ignored_paths(paths=["scores.safetensors"])  # type: ignore[no-untyped-call]
    config.set_hashing_config(ignoring).sign(build, tmp_path / "signature.json")
    assert _refused(build, (tmp_path / "signature.json").read_bytes(), read_public_key(public)) == (
        f"Build {build.name} is not as it was signed, scores.safetensors was added: restore it from a copy."
    )


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_flipped_bit_is_a_sentence_or_says_nothing(
    signed: tuple[Path, bytes, PublicKey], place: float, bit: int
) -> None:
    folder, signature, key = signed
    at = int(place * len(signature))
    flipped = signature[:at] + bytes([signature[at] ^ 1 << bit]) + signature[at + 1 :]
    try:
        verify_signature(folder, flipped, key)
    except SignatureError:
        return
    # It holds only where the bit is in none of what is signed, or of what signs: the last letter of base64 has bits
    # that nobody reads.
    assert public_key_of(flipped) == key.digest
    assert _signed_part(flipped) == _signed_part(signature)


def _signed_part(signature: bytes) -> bytes:
    return base64.b64decode(json.loads(signature)["dsseEnvelope"]["payload"])


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
def test_no_network_is_asked(build: Path, tmp_path: Path) -> None:
    key, password = elliptic(), tmp_path / "password.txt"
    password.write_bytes(PASSWORD)
    private = private_file(tmp_path / "private.pem", key, PASSWORD)
    public = public_file(tmp_path / "public.pem", key)
    assert _said_by(ALONE, build, private, public, password) == "held model_signing sigstore"


@pytest.mark.slow
def test_the_library_is_loaded_where_it_is_used() -> None:
    assert _said_by(LAZY) == ""


@pytest.mark.parametrize("name", ["model_signing", "OpenSSL"])
def test_a_missing_library_is_named(
    signed: tuple[Path, bytes, PublicKey], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    folder, signature, key = signed
    for loaded in [each for each in sys.modules if each.partition(".")[0] == "model_signing"]:
        monkeypatch.delitem(sys.modules, loaded)
    monkeypatch.setitem(sys.modules, name, None)
    sentence = f'Signatures need the library model-signing, but {name} is missing: pip install "longcon[sign]".'
    assert _refused(folder, signature, key) == sentence
    with pytest.raises(SignatureError) as caught:
        read_public_key(key.path)
    assert str(caught.value) == sentence
