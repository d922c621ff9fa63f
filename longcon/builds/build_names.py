"""Which build a user means: the key of a build in the store, or any beginning of it that only one build has."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from longcon.errors import StoreError, did_you_mean

_LEAST = 4
_SHOWN = 5
_KEY = re.compile(r"[0-9a-f]{32}")
_BEGINNING = re.compile(r"[0-9a-f]{1,32}")
_LIST = "python -m longcon list --store="


def build_keys(store: Path) -> tuple[str, ...]:
    """Returns the keys of the builds in a store, sorted; nothing is read but names, and nothing is made.

    Args:
        store: folder of builds, as ``--store`` names it.

    Raises:
        StoreError: the folder is no store, or cannot be listed.
    """
    try:
        names = [place.name for place in (store / "builds").iterdir()]
    except (FileNotFoundError, NotADirectoryError):
        raise StoreError(f"{store} is no store, it has no folder 'builds': give that of a run as --store.") from None
    except OSError as error:
        raise StoreError(
            f"{store / 'builds'} cannot be listed ({error.strerror}): give rights there, or another --store."
        ) from error
    # A folder aside, of a training or an import under way, begins with a dot.
    return tuple(sorted(name for name in names if _KEY.fullmatch(name)))


def find_build(store: Path, text: str) -> str:
    """Returns the key of the build that a user names.

    Args:
        store: folder of builds, as ``--store`` names it.
        text: the key, or a beginning of at least four letters that one build alone has; capital letters do as well.

    Raises:
        StoreError: the folder is no store, or no build or several are named so.
    """
    keys = build_keys(store)
    if len(text) < _LEAST:
        raise StoreError(f"Build '{text}' is too short to tell builds apart: give {_LEAST} letters of its key or more.")
    found = _found(text, keys)
    if len(found) > 1:
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        raise StoreError(
            f"Build '{text}' is one of {len(found)} in {store} ({', '.join(found[:_SHOWN])}{more}): "
            "give more letters of its key."
        )
    if not found:
        raise StoreError(_unknown(store, text, keys))
    return found[0]


def is_beginning(text: str, keys: Sequence[str]) -> bool:
    """Whether ``text`` could mean one of these builds."""
    return len(text) >= _LEAST and bool(_found(text, keys))


def _found(text: str, keys: Sequence[str]) -> list[str]:
    return [key for key in keys if key.startswith(text.lower())]


def _unknown(store: Path, text: str, keys: Sequence[str]) -> str:
    beginning = text.lower()
    if not keys:
        return f"Build '{text}' is not in {store}, which holds no build: give another --store."
    if not _BEGINNING.fullmatch(beginning):
        return f"Build '{text}' is no key, nor the beginning of one: {_LIST}{store} shows them."
    # Beginnings of the same length are alike where one letter is wrong; whole keys would never be.
    hint = did_you_mean(beginning, [key[: len(beginning)] for key in keys])
    return f"Build '{text}' is not in {store}{hint}: {_LIST}{store} shows what is."
