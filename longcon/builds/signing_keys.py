"""Keys that sign builds: elliptic ones, in PEM, each in a file that the user names; what is in it is never shown."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from longcon.errors import SignatureError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

# The curves of model-signing.
_CURVES = ("secp256r1", "secp384r1", "secp521r1")
_LARGEST = 64 << 10
_GUIDE = "make one as docs/signing.md shows"


@dataclass(frozen=True)
class PrivateKey:
    """A key that signs.

    Attributes:
        path: its file.
        password: that opens it; None if it is not encrypted.
        public: SHA-256 of its public key, as `PublicKey.digest`.
    """

    path: Path
    password: bytes | None = field(repr=False)
    public: str


@dataclass(frozen=True)
class PublicKey:
    """A key that verifies.

    Attributes:
        path: its file.
        digest: SHA-256 of the key in PEM, which is what ``sha256sum`` says of the file that openssl wrote.
    """

    path: Path
    digest: str


def read_private_key(path: Path, password_file: Path | None = None) -> PrivateKey:
    """Returns the private key in a file.

    Args:
        path: of the key, in PEM.
        password_file: holds the password of an encrypted key, on its first line.

    Raises:
        SignatureError: there is no such key, or the password does not open it.
    """
    require_library()
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - an extra of longcon
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    content = _content(path, "private key", "--private-key")
    if b"PRIVATE KEY-----" not in content:
        if b"PUBLIC KEY-----" in content:
            raise SignatureError(f"{path} is a public key, but the private one signs: give that as --private-key.")
        raise SignatureError(f"{path} is no private key in PEM: {_GUIDE}.")
    is_encrypted = b"ENCRYPTED" in content
    if is_encrypted and password_file is None:
        raise SignatureError(f"The private key {path} is encrypted: give a file with its password as --password-file.")
    if not is_encrypted and password_file is not None:
        raise SignatureError(f"The private key {path} is not encrypted: leave out --password-file.")
    password = None if password_file is None else _password(password_file)
    try:
        key = load_pem_private_key(content, password)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        if is_encrypted:
            raise SignatureError(
                f"The password in {password_file} does not open the private key {path}: give the file of another one."
            ) from None
        raise SignatureError(f"{path} is no private key that can be read, or is damaged: {_GUIDE}.") from None
    if not isinstance(key, EllipticCurvePrivateKey):
        raise _not_elliptic(path, "private")
    public = key.public_key()
    _require_curve(path, public, "private")
    return PrivateKey(path, password, _digest(public))


def read_public_key(path: Path) -> PublicKey:
    """Returns the public key in a file.

    Raises:
        SignatureError: there is no such key.
    """
    require_library()
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - an extra of longcon
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_public_key  # noqa: PLC0415

    content = _content(path, "public key", "--public-key")
    if b"PRIVATE KEY-----" in content:
        raise SignatureError(f"{path} is a private key, but the public one verifies: give that as --public-key.")
    if b"PUBLIC KEY-----" not in content:
        raise SignatureError(f"{path} is no public key in PEM: get it again from whoever signed.")
    try:
        key = load_pem_public_key(content)
    except (ValueError, UnsupportedAlgorithm):
        raise SignatureError(
            f"{path} is no public key that can be read, or is damaged: get it again from whoever signed."
        ) from None
    if not isinstance(key, EllipticCurvePublicKey):
        raise _not_elliptic(path, "public")
    _require_curve(path, key, "public")
    return PublicKey(path, _digest(key))


def require_library() -> None:
    """Checks that what signs is installed.

    Raises:
        SignatureError: it is not.
    """
    try:
        import model_signing  # noqa: F401, PLC0415 - an extra of longcon, and slow to load
    except ImportError as error:
        raise SignatureError(
            f'Signatures need the library model-signing, but {error.name} is missing: pip install "longcon[sign]".'
        ) from None


def _digest(key: EllipticCurvePublicKey) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: PLC0415

    return hashlib.sha256(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def _require_curve(path: Path, key: EllipticCurvePublicKey, kind: str) -> None:
    if key.curve.name not in _CURVES:
        raise _not_elliptic(path, kind)


def _not_elliptic(path: Path, kind: str) -> SignatureError:
    return SignatureError(f"The {kind} key {path} is of no curve that signs builds (P-256, P-384, P-521): {_GUIDE}.")


def _password(path: Path) -> bytes:
    content = _content(path, "password file", "--password-file")
    # The first line, as openssl reads it.
    password = content.partition(b"\n")[0].removesuffix(b"\r")
    if not password:
        raise SignatureError(f"The password file {path} has an empty first line: write the password of the key there.")
    return password


def _content(path: Path, what: str, option: str) -> bytes:
    try:
        # A pipe would be waited for, and can be read only once.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode) or status.st_size > _LARGEST:
                raise SignatureError(f"The {what} {path} is no plain file of a key's size: give another {option}.")
            return file.read(_LARGEST)
    except OSError as error:
        raise SignatureError(f"The {what} {path} cannot be read ({error.strerror}): give another {option}.") from None
