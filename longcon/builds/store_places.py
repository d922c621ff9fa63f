"""Where a store is, as --store says it: a folder, or a URL, whose builds a working store on this machine mirrors."""

from __future__ import annotations

import hashlib
import uuid
from pathlib import Path

from longcon.builds.remote_store import RemoteStore
from longcon.builds.remote_url import is_url, without_credentials
from longcon.builds.store import Store

_WORKING_STORES = ".longcon-remote"


def working_store(url: str, folder: Path) -> Path:
    """Returns the local working store of a URL, in a folder; whoever asks, and with what password, makes no other."""
    return folder / _WORKING_STORES / hashlib.sha256(without_credentials(url).encode()).hexdigest()[:16]


def open_store(place: str | Path, run: str, reference: str = "", working_folder: Path | None = None) -> Store:
    """Opens a store for training.

    Args:
        place: a folder, or a URL.
        run: identifier of this run, the same in all its processes.
        reference: key of the released build that the run's builds are rebuilds of; empty where there is none.
        working_folder: the working store of a URL; beside the current folder's others when None.

    Raises:
        StoreError: the store cannot be written, or the URL not be used.
    """
    if isinstance(place, Path) or not is_url(place):
        return Store(Path(place), run, reference)
    store = RemoteStore(place, working_folder or working_store(place, Path.cwd()), run, reference)
    store.require_writable()
    return store


def mirrored(url: str, folder: Path | None = None) -> Path:
    """Fetches all builds and marks behind a URL into its working store, and returns that.

    Args:
        url: of the place; an empty one is a store without builds.
        folder: the working store; beside the current folder's others when None.

    Raises:
        StoreError: the place cannot be read, or something in it was altered.
    """
    root = folder or working_store(url, Path.cwd())
    RemoteStore(url, root, uuid.uuid4().hex).mirror()
    return root


def returned(url: str, folder: Path | None = None) -> None:
    """Puts what is new in a URL's working store behind the URL; nothing there is replaced.

    Raises:
        StoreError: the place cannot be written.
    """
    RemoteStore(url, folder or working_store(url, Path.cwd()), uuid.uuid4().hex).give_back()
