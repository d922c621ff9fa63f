"""Forged signatures: whatever else stands in one, or signs it, it is refused in one sentence."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from model_signing import hashing, signing

from longcon.builds.signature import public_key_of, sign_build, verify_signature
from longcon.builds.signing_keys import read_private_key, read_public_key
from longcon.errors import SignatureError
from tests.builds.keys import elliptic, private_file, public_file
from tests.builds.signed_builds import SignedBuild, refused, signed_build, written


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> SignedBuild:
    """A signed build that nobody alters."""
    return signed_build(tmp_path_factory.mktemp("signed"))


def test_another_key_under_the_name_of_this_one(signed: SignedBuild, tmp_path: Path) -> None:
    folder, _, key = signed
    other = read_private_key(private_file(tmp_path / "other.pem", elliptic()))
    forged = json.loads(sign_build(folder, other))
    forged["verificationMaterial"]["publicKey"]["hint"] = key.digest
    assert refused(folder, json.dumps(forged).encode(), key) == (
        f"The signature of build {folder.name} was altered or forged: get it again from whoever signed."
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
def test_what_is_no_signature(signed: SignedBuild, strange: Callable[[bytes], bytes]) -> None:
    folder, signature, key = signed
    assert refused(folder, strange(signature), key) == (
        f"The signature of build {folder.name} is none that can be read: get it again from whoever signed."
    )


def test_a_signature_that_says_something_else(signed: SignedBuild) -> None:
    folder, signature, key = signed
    payload = base64.b64decode(json.loads(signature)["dsseEnvelope"]["payload"]).replace(b"scores", b"scored")
    forged = _changed(signature, "dsseEnvelope", "payload", to=base64.b64encode(payload).decode())
    assert refused(folder, forged, key) == (
        f"The signature of build {folder.name} was altered or forged: get it again from whoever signed."
    )


def test_a_signature_that_leaves_files_out(tmp_path: Path) -> None:
    """The same key, used by another program that was told to ignore a file."""
    build, key = written(tmp_path / "store"), elliptic()
    private, public = private_file(tmp_path / "private.pem", key), public_file(tmp_path / "public.pem", key)
    config = signing.Config().use_elliptic_key_signer(private_key=private)  # type: ignore[no-untyped-call]
    ignoring = hashing.Config().set_ignored_paths(paths=["scores.safetensors"])  # type: ignore[no-untyped-call]
    config.set_hashing_config(ignoring).sign(build, tmp_path / "signature.json")
    assert refused(build, (tmp_path / "signature.json").read_bytes(), read_public_key(public)) == (
        f"Build {build.name} is not as it was signed, scores.safetensors was added: restore it from a copy."
    )


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_flipped_bit_is_a_sentence_or_says_nothing(signed: SignedBuild, place: float, bit: int) -> None:
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
