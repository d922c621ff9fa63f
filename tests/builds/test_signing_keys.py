"""Keys: read from files that the user names; each mistake is one sentence that shows nothing of what is in them."""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from longcon.builds.signing_keys import read_private_key, read_public_key
from longcon.errors import SignatureError
from tests.builds.keys import elliptic, private_file, public_file

ROOT = Path(__file__).parents[2]
KEY, RSA = elliptic(), rsa.generate_private_key(65537, 2048)
PASSWORD = b"correct horse"
GUIDE = "make one as docs/signing.md shows."


def _absent(path: Path) -> None:
    path.unlink(missing_ok=True)


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _damaged(path: Path) -> None:
    lines = private_file(path, KEY).read_text().splitlines()
    path.write_text("\n".join([lines[0], lines[1][::-1], *lines[2:]]))


def _damaged_public(path: Path) -> None:
    lines = public_file(path, KEY).read_text().splitlines()
    path.write_text("\n".join([lines[0], lines[1][::-1], *lines[2:]]))


Make = Callable[[Path], object]
PRIVATE: list[tuple[str, Make, bytes | None, str]] = [
    (
        "absent",
        _absent,
        None,
        "The private key {key} cannot be read (No such file or directory): give another --private-key.",
    ),
    (
        "a folder",
        lambda path: path.mkdir(),
        None,
        "The private key {key} cannot be read (Is a directory): give another --private-key.",
    ),
    ("a pipe", _pipe, None, "The private key {key} is no plain file of a key's size: give another --private-key."),
    (
        "too large",
        lambda path: path.write_bytes(b"-" * 70_000),
        None,
        "The private key {key} is no plain file of a key's size: give another --private-key.",
    ),
    ("no key", lambda path: path.write_text("a key"), None, "{key} is no private key in PEM: " + GUIDE),
    ("empty", lambda path: path.write_text(""), None, "{key} is no private key in PEM: " + GUIDE),
    (
        "public",
        lambda path: public_file(path, KEY),
        None,
        "{key} is a public key, but the private one signs: give that as --private-key.",
    ),
    ("damaged", _damaged, None, "{key} is no private key that can be read, or is damaged: " + GUIDE),
    (
        "encrypted",
        lambda path: private_file(path, KEY, PASSWORD),
        None,
        "The private key {key} is encrypted: give a file with its password as --password-file.",
    ),
    (
        "another password",
        lambda path: private_file(path, KEY, PASSWORD),
        b"battery staple\n",
        "The password in {password} does not open the private key {key}: give the file of another one.",
    ),
    (
        "no password",
        lambda path: private_file(path, KEY, PASSWORD),
        b"\n",
        "The password file {password} has an empty first line: write the password of the key there.",
    ),
    (
        "a password for nothing",
        lambda path: private_file(path, KEY),
        PASSWORD,
        "The private key {key} is not encrypted: leave out --password-file.",
    ),
    (
        "RSA",
        lambda path: private_file(path, RSA),
        None,
        "The private key {key} is of no curve that signs builds (P-256, P-384, P-521): " + GUIDE,
    ),
    (
        "another curve",
        lambda path: private_file(path, elliptic(ec.SECP256K1())),
        None,
        "The private key {key} is of no curve that signs builds (P-256, P-384, P-521): " + GUIDE,
    ),
]


@pytest.mark.parametrize(
    ("make", "password", "sentence"), [case[1:] for case in PRIVATE], ids=[name for name, *_ in PRIVATE]
)
def test_a_private_key_that_cannot_sign(tmp_path: Path, make: Make, password: bytes | None, sentence: str) -> None:
    key, secret = tmp_path / "private.pem", tmp_path / "password.txt"
    make(key)
    if password is not None:
        secret.write_bytes(password)
    with pytest.raises(SignatureError) as caught:
        read_private_key(key, secret if password is not None else None)
    assert str(caught.value) == sentence.format(key=key, password=secret)


def test_a_password_file_that_is_not_there(tmp_path: Path) -> None:
    key = private_file(tmp_path / "private.pem", KEY, PASSWORD)
    with pytest.raises(SignatureError) as caught:
        read_private_key(key, tmp_path / "absent")
    assert str(caught.value) == (
        f"The password file {tmp_path}/absent cannot be read (No such file or directory): give another --password-file."
    )


PUBLIC: list[tuple[str, Make, str]] = [
    (
        "absent",
        _absent,
        "The public key {key} cannot be read (No such file or directory): give another --public-key.",
    ),
    (
        "private",
        lambda path: private_file(path, KEY),
        "{key} is a private key, but the public one verifies: give that as --public-key.",
    ),
    (
        "no key",
        lambda path: path.write_text("a key"),
        "{key} is no public key in PEM: get it again from whoever signed.",
    ),
    (
        "damaged",
        _damaged_public,
        "{key} is no public key that can be read, or is damaged: get it again from whoever signed.",
    ),
    (
        "RSA",
        lambda path: public_file(path, RSA),
        "The public key {key} is of no curve that signs builds (P-256, P-384, P-521): " + GUIDE,
    ),
    (
        "another curve",
        lambda path: public_file(path, elliptic(ec.SECP256K1())),
        "The public key {key} is of no curve that signs builds (P-256, P-384, P-521): " + GUIDE,
    ),
]


@pytest.mark.parametrize(("make", "sentence"), [case[1:] for case in PUBLIC], ids=[name for name, *_ in PUBLIC])
def test_a_public_key_that_cannot_verify(tmp_path: Path, make: Make, sentence: str) -> None:
    key = tmp_path / "public.pem"
    make(key)
    with pytest.raises(SignatureError) as caught:
        read_public_key(key)
    assert str(caught.value) == sentence.format(key=key)


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()], ids=lambda curve: curve.name)
def test_both_halves_of_a_key_have_one_digest(tmp_path: Path, curve: ec.EllipticCurve) -> None:
    key = elliptic(curve)
    public = public_file(tmp_path / "public.pem", key)
    private = read_private_key(private_file(tmp_path / "private.pem", key))
    assert private.public == read_public_key(public).digest == hashlib.sha256(public.read_bytes()).hexdigest()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="keys made as docs/signing.md says need openssl")
def test_the_guide_makes_keys_that_can_be_used(tmp_path: Path) -> None:
    guide = (ROOT / "docs" / "signing.md").read_text(encoding="utf-8")
    (tmp_path / "password.txt").write_text("correct horse\n")
    lines = [line.strip() for line in guide.splitlines() if line.startswith("    openssl ")]
    assert len(lines) == 2
    for line in lines:
        subprocess.run(shlex.split(line), cwd=tmp_path, check=True, capture_output=True)
    private = read_private_key(tmp_path / "private.pem", tmp_path / "password.txt")
    public = tmp_path / "public.pem"
    assert private.public == read_public_key(public).digest == hashlib.sha256(public.read_bytes()).hexdigest()


def test_a_password_is_the_first_line_and_is_not_shown(tmp_path: Path) -> None:
    secret = tmp_path / "password.txt"
    secret.write_bytes(PASSWORD + b"\r\nwhat else is there\n")
    private = read_private_key(private_file(tmp_path / "private.pem", KEY, PASSWORD), secret)
    assert private.password == PASSWORD
    assert PASSWORD.decode() not in repr(private)
