"""A command's --store: a folder, or a URL, whose builds are fetched into its working store first."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from longcon.builds.remote_url import is_url
from longcon.builds.store_places import mirrored, returned
from longcon.commands.parser import folder


class StorePlace(argparse.Action):
    """Sets ``store``, a folder with the builds, and ``store_url``, where they came from if from a URL."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,  # noqa: ARG002
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        """Reads what was given.

        Raises:
            UsageError: nothing was.
            StoreError: the URL cannot be read, or something behind it was altered.
        """
        text = str(values)
        namespace.store_url = text if is_url(text) else None
        namespace.store = mirrored(text) if is_url(text) else folder(option_string or "--store")(text)


def give_back(options: argparse.Namespace) -> None:
    """Puts what the command added behind the URL, where the store is one.

    Raises:
        StoreError: the place cannot be written.
    """
    url: str | None = getattr(options, "store_url", None)
    if url is not None:
        returned(url, options.store)
