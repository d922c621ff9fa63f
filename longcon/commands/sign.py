"""Sign builds with a key of yours, in a file.

For example: python -m longcon sign 1f2e --private-key=private.pem

Every file of a build is verified before it is signed. The signature goes into the store, beside the builds, and travels
with them in what `export` writes; `check-signature` verifies it by the public key. Nothing is sent anywhere.
docs/signing.md says how keys are made.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from longcon.builds.archive import signature_of
from longcon.builds.build import read_build
from longcon.builds.build_names import find_build
from longcon.builds.files import write_file
from longcon.builds.signature import public_key_of, sign_build, signature_path
from longcon.builds.signing_keys import PrivateKey, read_private_key
from longcon.commands.parser import Parser, UsageError, file
from longcon.commands.stored_build import add_store
from longcon.commands.stores import give_back
from longcon.errors import SignatureError

_EXAMPLE = "python -m longcon sign 1f2e --private-key=private.pem"


def add_options(parser: Parser) -> None:
    """Adds the command's options."""
    add = parser.add_argument
    add("builds", nargs="*", metavar="BUILD", help="keys of builds, or beginnings of them")
    add("--private-key", type=file("--private-key"), metavar="FILE", help="elliptic key in PEM that signs")
    add("--password-file", type=file("--password-file"), metavar="FILE", help="holds the password of an encrypted key")
    add_store(parser)


def run(options: argparse.Namespace) -> int:
    """Signs builds.

    Raises:
        UsageError: a build or the key was not given.
        SignatureError: the key cannot be used, or a build is signed with another one.
        StoreError: a build is not in the store or was altered, or the signature cannot be written.
    """
    if not options.builds:
        raise UsageError(f"No build was given: give one of the store, {_EXAMPLE}.")
    if options.private_key is None:
        raise UsageError(f"--private-key is missing: give the file of a key, {_EXAMPLE}.")
    store: Path = options.store
    keys = dict.fromkeys(find_build(store, name) for name in options.builds)
    private_key = read_private_key(options.private_key, options.password_file)
    for key in keys:
        _require_replaceable(store, key, private_key)
    for key in keys:
        place = store / "builds" / key
        title = read_build(place, key).title
        write_file(signature_path(store, key), sign_build(place, private_key))
        sys.stdout.write(f"{key} {title}: signed\n")
    give_back(options)
    sys.stdout.write(f"public key: SHA-256 {private_key.public}\n")
    return 0


def _require_replaceable(store: Path, key: str, private_key: PrivateKey) -> None:
    former = signature_of(store, key)
    if former is not None and public_key_of(former) != private_key.public:
        raise SignatureError(
            f"Build {key} has a signature of another key: move {signature_path(store, key)} elsewhere to sign it anew."
        )
