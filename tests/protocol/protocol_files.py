"""A protocol.toml with something in it, read, and the sentence in which that ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from longcon.errors import ProtocolError
from longcon.protocol import Protocol, read_protocol

IDENTITY = '[protocol]\ntitle = "A"\nversion = "1"\nintended_use = "B"\n'


def read(folder: Path, text: str | bytes) -> Protocol:
    file = folder / "p.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_protocol(file)


def said(folder: Path, text: str | bytes) -> str:
    """Returns what is said of a mistake, after the file's name."""
    with pytest.raises(ProtocolError) as caught:
        read(folder, text)
    sentence = str(caught.value)
    assert sentence.startswith(f"{folder}/p.toml")
    return sentence.removeprefix(f"{folder}/p.toml")


def ids(texts: list[tuple[str, str]]) -> list[str]:
    """Returns the beginnings of texts, numbered."""
    return [text.replace("\n", " ")[:40] + f" {number}" for number, (text, _) in enumerate(texts)]
