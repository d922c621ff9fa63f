"""Signatures of builds, in the format of the OpenSSF's model-signing: keys are files, and no network is asked.

A signature says that whoever has the private key signed these files, every byte of them and no others. It is a file of
its own, outside the build's folder, and travels with the build in archives.
"""

from __future__ import annotations

import base64
import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from longcon.builds.archive_layout import LARGEST_SIGNATURE
from longcon.builds.health import differences, verified_build
from longcon.builds.signing_keys import PrivateKey, PublicKey, require_library
from longcon.errors import SignatureError

_BROKEN = (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError)


@dataclass(frozen=True)
class _Statement:
    """What a signature says, before anything of it is believed: whose it is, and the digests of the files by name."""

    key: str
    files: Mapping[str, str]


def signature_path(store: Path, key: str) -> Path:
    """Returns where a store keeps the signature of the build under ``key``."""
    return store / "signatures" / f"{key}.json"


def sign_build(folder: Path, private_key: PrivateKey) -> bytes:
    """Returns the signature of a build, a bundle in JSON, after verifying all of the build's files.

    Args:
        folder: of the build, named by its key.
        private_key: that signs.

    Raises:
        StoreError: the build was altered.
        SignatureError: the library is missing.
    """
    require_library()
    from model_signing import signing  # noqa: PLC0415 - an extra of longcon, and slow to load

    verified_build(folder, folder.name)
    config = signing.Config()  # type: ignore[no-untyped-call]
    # Annotated as text, but handed on to where only bytes open a key.
    password: Any = private_key.password
    config.use_elliptic_key_signer(private_key=private_key.path, password=password).set_hashing_config(_every_file())
    with tempfile.TemporaryDirectory(prefix="longcon-") as place:
        path = Path(place, "signature.json")
        config.sign(folder.resolve(), path)
        return path.read_bytes()


def verify_signature(folder: Path, signature: bytes | None, public_key: PublicKey) -> None:
    """Checks that a build is as the owner of a key signed it: every byte of its files, and no other file.

    Args:
        folder: of the build, named by its key.
        signature: that is told to be the build's; None if there is none.
        public_key: of whoever is to have signed.

    Raises:
        SignatureError: there is no signature, it is none, it is another key's or was altered, or the build was.
    """
    require_library()
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415
    from model_signing import verifying  # noqa: PLC0415

    said = _statement(folder, signature)
    if said.key != public_key.digest:
        raise SignatureError(
            f"Build {folder.name} was signed with another key than {public_key.path}: give the public key of whoever "
            "signed it as --public-key, or have it signed with this one."
        )
    config = verifying.Config()  # type: ignore[no-untyped-call]
    hashing = _every_file(lambda: _require_no_difference(folder, said))
    config.use_elliptic_key_verifier(public_key=public_key.path).set_hashing_config(hashing)
    with tempfile.TemporaryDirectory(prefix="longcon-") as place:
        path = Path(place, "signature.json")
        path.write_bytes(signature or b"")
        try:
            config.verify(folder.resolve(), path)
        except InvalidSignature:
            raise SignatureError(
                f"The signature of build {folder.name} was altered or forged: get it again from whoever signed."
            ) from None
        except (*_BROKEN, OSError):
            raise _no_signature(folder) from None


def public_key_of(signature: bytes) -> str | None:
    """Returns the digest of the public key that a signature says it is of; None if it is no signature."""
    try:
        return _read(signature).key
    except _BROKEN:
        return None


def _every_file(first: Callable[[], None] = lambda: None) -> Any:
    """Returns how files are digested: all of them, also those that git might have left, which are ignored by default.

    Args:
        first: called before any is. A verifier digests files once it knows that the signature itself is genuine, and
            may be told by it to ignore some.
    """
    from model_signing import hashing  # noqa: PLC0415

    class EveryFile(hashing.Config):
        def hash(self, model_path: hashing.PathLike, **options: Any) -> Any:
            first()
            return super().hash(model_path, **options)

    return EveryFile().set_ignored_paths(paths=(), ignore_git_paths=False)  # type: ignore[no-untyped-call]


def _require_no_difference(folder: Path, said: _Statement) -> None:
    apart = differences(folder, dict(said.files))
    if apart:
        raise SignatureError(f"Build {folder.name} is not as it was signed, {apart}: restore it from a copy.")


def _no_signature(folder: Path) -> SignatureError:
    return SignatureError(
        f"The signature of build {folder.name} is none that can be read: get it again from whoever signed."
    )


def _statement(folder: Path, signature: bytes | None) -> _Statement:
    if signature is None:
        raise SignatureError(f"Build {folder.name} has no signature: have it signed with python -m longcon sign.")
    try:
        return _read(signature)
    except _BROKEN:
        raise _no_signature(folder) from None


def _read(signature: bytes) -> _Statement:
    if len(signature) > LARGEST_SIGNATURE:
        raise ValueError
    bundle = json.loads(signature)
    key = bundle["verificationMaterial"]["publicKey"]["hint"]
    payload = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"], validate=True))
    predicate = payload["predicate"]
    resources = predicate["resources"]
    files = {resource["name"]: resource["digest"] for resource in resources}
    texts = [key, *files, *files.values()]
    is_ours = predicate["serialization"]["method"] == "files" and all(r["algorithm"] == "sha256" for r in resources)
    if not is_ours or not key or not all(isinstance(text, str) for text in texts):
        raise ValueError
    return _Statement(key, files)
