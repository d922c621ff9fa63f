"""Small builds that are signed, and the sentences in which signatures are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from longcon.builds.signature import sign_build, verify_signature
from longcon.builds.signing_keys import PrivateKey, PublicKey, read_private_key, read_public_key
from longcon.errors import SignatureError
from tests.builds.keys import elliptic, private_file, public_file
from tests.builds.small_builds import write_small

PASSWORD = b"correct horse"

SignedBuild = tuple[Path, bytes, PublicKey]
"""A build's folder, its signature, and the key that verifies it."""


def key_pair(place: Path) -> tuple[PrivateKey, PublicKey]:
    """Returns a new private key, behind a password, and its public one."""
    key = elliptic()
    (place / "password.txt").write_bytes(PASSWORD)
    private = private_file(place / "private.pem", key, PASSWORD)
    return read_private_key(private, place / "password.txt"), read_public_key(public_file(place / "public.pem", key))


def written(store: Path, replicate: int = 1) -> Path:
    """Writes a build into a store and returns its folder."""
    return store / "builds" / write_small(store / "builds", replicate)


def signed_build(store: Path) -> SignedBuild:
    """Writes a build into a store and signs it with a new key."""
    folder, (private, public) = written(store), key_pair(store)
    return folder, sign_build(folder, private), public


def refused(folder: Path, signature: bytes | None, key: PublicKey) -> str:
    """Returns the sentence in which a signature is refused."""
    with pytest.raises(SignatureError) as caught:
        verify_signature(folder, signature, key)
    return str(caught.value)
