"""Archives as an attacker or a bad disk would make them; tarfile writes their headers, and longcon no byte of them."""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path

Members = Sequence[tuple[str, bytes]]


def members_of(root: Path, *keys: str) -> list[tuple[str, bytes]]:
    """Returns the members of an archive of builds of a store, in their order."""
    members = []
    for key in sorted(keys):
        names = sorted(path.name for path in (root / "builds" / key).iterdir() if path.name != "manifest.json")
        members += [
            (f"{key}/{name}", (root / "builds" / key / name).read_bytes()) for name in ("manifest.json", *names)
        ]
        signature = root / "signatures" / f"{key}.json"
        if signature.exists():
            members.append((f"{key}/signature.json", signature.read_bytes()))
    return members


def index_of(members: Members) -> bytes:
    """Returns the index of members."""
    lines = [
        json.dumps({"path": path, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()})
        for path, content in members
    ]
    return ('{"format": 1, "files": [\n' + ",\n".join(lines) + "\n]}\n").encode()


def head(name: str, size: int, kind: bytes = tarfile.REGTYPE, link: str = "", mtime: int = 0) -> bytes:
    """Returns a header as tarfile writes it, but for two fields that it leaves empty in some versions."""
    info = tarfile.TarInfo(name)
    info.size, info.type, info.linkname, info.mtime = size, kind, link, mtime
    block = bytearray(info.tobuf(tarfile.GNU_FORMAT if not 0 <= size < 8**11 else tarfile.USTAR_FORMAT)[-512:])
    block[329:345] = b"0000000\0" * 2
    block[148:156] = b" " * 8
    block[148:156] = f"{sum(block):06o}\0 ".encode()
    return bytes(block)


def padded(content: bytes) -> bytes:
    """Returns content with zeros up to the next block."""
    return content + bytes(-len(content) % 512)


def start_of(members: Members, path: str) -> int:
    """Returns where the header of a member stands in an archive that tells the truth."""
    contents = [("index.json", index_of(members)), *members]
    before = contents[: [name for name, _ in contents].index(path)]
    return sum(512 + len(padded(content)) for _, content in before)


def forged(members: Members, *, index: bytes | None = None, heads: Mapping[str, bytes] | None = None) -> bytes:
    """Returns an archive of members.

    Args:
        members: paths and contents.
        index: in place of the one that tells the truth.
        heads: in place of the headers of these members.
    """
    told = index_of(members) if index is None else index
    parts = [
        (heads or {}).get(path, head(path, len(content))) + padded(content)
        for path, content in [("index.json", told), *members]
    ]
    return b"".join(parts) + bytes(1024)
