"""Keys to sign with, made anew for every test that asks."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def elliptic(curve: ec.EllipticCurve | None = None) -> ec.EllipticCurvePrivateKey:
    """Returns a private key, of P-256 unless another curve is given."""
    return ec.generate_private_key(curve or ec.SECP256R1())


def private_file(path: Path, key: PrivateKey, password: bytes | None = None) -> Path:
    """Writes a private key as openssl does, encrypted where a password is given."""
    encryption = BestAvailableEncryption(password) if password else NoEncryption()
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))
    return path


def public_file(path: Path, key: PrivateKey) -> Path:
    """Writes the public key of a private one."""
    path.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return path
