"""Tell whether builds are as somebody signed them.

For example: python -m longcon check-signature 1f2e --public-key=public.pem

Exit codes: 0 every signature holds; 1 one does not, each told in one line; 4 a mistake in what was given. Get the
public key from whoever signed by another way than the builds: a key that came with them says nothing.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from longcon.builds.archive import signature_of
from longcon.builds.build_names import find_build
from longcon.builds.health import verified_build
from longcon.builds.signature import verify_signature
from longcon.builds.signing_keys import PublicKey, read_public_key
from longcon.commands.parser import Parser, UsageError, file
from longcon.commands.stored_build import add_store
from longcon.errors import SignatureError, StoreError

_EXAMPLE = "python -m longcon check-signature 1f2e --public-key=public.pem"


def add_options(parser: Parser) -> None:
    """Adds the command's options."""
    add = parser.add_argument
    add("builds", nargs="*", metavar="BUILD", help="keys of builds, or beginnings of them")
    add("--public-key", type=file("--public-key"), metavar="FILE", help="elliptic key in PEM, of whoever signed")
    add_store(parser)


def run(options: argparse.Namespace) -> int:
    """Verifies signatures.

    Raises:
        UsageError: a build or the key was not given.
        SignatureError: the key cannot be used.
        StoreError: a build is not in the store.
    """
    if not options.builds:
        raise UsageError(f"No build was given: give one of the store, {_EXAMPLE}.")
    if options.public_key is None:
        raise UsageError(f"--public-key is missing: give the file of a key, {_EXAMPLE}.")
    store: Path = options.store
    keys = dict.fromkeys(find_build(store, name) for name in options.builds)
    public_key = read_public_key(options.public_key)
    holding = [_told(store, key, public_key) for key in keys]
    sys.stdout.write(f"public key: SHA-256 {public_key.digest}\n")
    return 0 if all(holding) else 1


def _told(store: Path, key: str, public_key: PublicKey) -> bool:
    place = store / "builds" / key
    try:
        verify_signature(place, signature_of(store, key), public_key)
        # What was signed may have been altered before.
        title = verified_build(place, key).title
    except (SignatureError, StoreError) as error:
        sys.stdout.write(f"{error}\n")
        return False
    sys.stdout.write(f"{key} {title}: the signature holds\n")
    return True
