"""URLs of places for builds: shown without credentials, and opened with the driver of their file system.

Drivers raise whatever they like. Here it becomes a StoreError, so that nothing above knows of drivers.
"""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote

from fsspec import available_protocols
from fsspec.core import url_to_fs

from longcon.errors import LongconError, StoreError, did_you_mean

_EXTRAS = {"s3": "s3", "s3a": "s3", "gs": "gcs", "gcs": "gcs", "sftp": "sftp", "ssh": "sftp"}
_CREDENTIALS = re.compile(r"(?<=://)[^/]*@")
_LONGEST_REASON = 160


def is_url(text: str) -> bool:
    """Whether a store is named by a URL, and not by a folder."""
    return "://" in text


def without_credentials(url: str) -> str:
    """Returns a URL that can be shown: who asks, and with what password, is left out."""
    return _CREDENTIALS.sub("", url)


class Driver:
    """The driver of the file system behind a URL, and the sentences that its errors become.

    Args:
        url: as fsspec reads it, e.g. ``"s3://bucket/prefix"``; the driver finds the credentials.

    Attributes:
        name: the URL without credentials, as messages call the place.
        protocol: what the URL begins with.
        files: the file system, of fsspec.
        root: where the URL leads in it, with no slash at the end.

    Raises:
        StoreError: the URL or its driver cannot be used.
    """

    def __init__(self, url: str) -> None:
        self.name = without_credentials(url)
        self.protocol = url.partition("://")[0]
        self._secrets = _secrets(url)
        self.files, self.root = self._opened(url)
        # A driver that is not made for it, such as that of SFTP, mixes up the answers that its threads wait for.
        self._turn = contextlib.nullcontext() if self.files.async_impl else threading.RLock()

    @contextmanager
    def asked(self, what: str) -> Iterator[None]:
        """Has what is asked of the driver fail in a sentence.

        Args:
            what: is done with the place, to be read after "cannot be".

        Raises:
            StoreError: in place of any error of the driver.
        """
        try:
            with self._turn:
                yield
        except LongconError:
            raise
        except Exception as error:
            # Not chained: the driver's error may tell the whole URL, with the password in it.
            raise self._fault(what, error) from None

    def _opened(self, url: str) -> tuple[Any, str]:
        if "::" in url:
            raise StoreError(f"{self.name} chains file systems, '::': give the URL of the place itself as --store.")
        if self.protocol not in available_protocols():
            hint = did_you_mean(self.protocol, available_protocols())
            raise StoreError(
                f"{self.name} begins with '{self.protocol[:40]}', which no file system is named{hint}: give a folder "
                "or a URL such as s3://bucket/prefix as --store."
            )
        try:
            file_system, root = url_to_fs(url)
        except ImportError as error:
            extra = _EXTRAS.get(self.protocol)
            what = f"install it, pip install 'longcon[{extra}]'" if extra else f"install it ({self._reason(error)})"
            raise StoreError(
                f"{self.name} needs a driver for {self.protocol}://, which is not installed: {what}, or give another "
                "--store."
            ) from None
        except Exception as error:
            raise self._fault("reached", error) from None
        return file_system, root.rstrip("/")

    def _fault(self, what: str, error: Exception) -> StoreError:
        return StoreError(
            f"{self.name} cannot be {what} ({self._reason(error)}): look at the address, your rights there and the "
            "network, or give another --store."
        )

    def _reason(self, error: Exception) -> str:
        text = " ".join(str(error).split())
        for secret in self._secrets:
            text = text.replace(secret, "***")
        text = "".join(letter for letter in text if letter.isprintable())[:_LONGEST_REASON].rstrip(". ")
        return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _secrets(url: str) -> list[str]:
    """Returns what of a URL no message may tell, as it is written there and as drivers read it."""
    found = [text.removesuffix("@") for text in _CREDENTIALS.findall(url)]
    found += [text.partition(":")[2] for text in found]
    found += [unquote(text) for text in found]
    return [text for text in found if text]
