"""The layout of an archive of builds: a plain tar whose every byte follows from its index and the files.

The index is the first member. It names all others in their order, each with its size and SHA-256, so that a reader
knows each header before it reads it, and what an archive holds before it writes anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO

INDEX = "index.json"
MANIFEST = "manifest.json"
SIGNATURE = "signature.json"
BLOCK = 512
END = bytes(2 * BLOCK)
LARGEST_INDEX = 16 << 20
LARGEST_SIGNATURE = 64 << 10
# What eleven octal digits hold, the most that plain ustar can say.
LARGEST_MEMBER = 8**11 - 1

_FORMAT = re.compile(rb'\{"format": ([0-9]{1,9}), "files": \[\n')
_FORMAT_1 = b'{"format": 1, "files": [\n'
_LAST = b"]}\n"
_LINE = re.compile(
    rb'\{"path": "([0-9a-f]{32})/([a-z0-9-]{1,48}\.(?:json|safetensors|txt))", '
    rb'"size": (0|[1-9][0-9]{0,10}), "sha256": "([0-9a-f]{64})"\},?\n'
)


@dataclass(frozen=True)
class Member:
    """A file of a build, or its signature, as the index names it.

    Attributes:
        key: of the build.
        name: of the file, in the build's folder.
        size: in bytes.
        sha256: of its content.
    """

    key: str
    name: str
    size: int
    sha256: str

    @property
    def path(self) -> str:
        """Its name in the archive."""
        return f"{self.key}/{self.name}"

    @property
    def place(self) -> tuple[str, int, str]:
        """What members are sorted by: the build, then its manifest, its files and its signature."""
        return self.key, {MANIFEST: 0, SIGNATURE: 2}.get(self.name, 1), self.name


def index_text(members: Sequence[Member]) -> bytes:
    """Returns the index, a JSON document with one line for each member."""
    lines = [
        f'{{"path": "{member.path}", "size": {member.size}, "sha256": "{member.sha256}"}}'.encode()
        for member in members
    ]
    return _FORMAT_1 + b",\n".join(lines) + b"\n" + _LAST


def index_format(content: bytes) -> int | None:
    """Returns the number of the format that an index is written in; None if it is no index."""
    found = _FORMAT.match(content)
    return int(found[1]) if found else None


def read_index(content: bytes) -> tuple[Member, ...]:
    """Returns the members that an index of format 1 names.

    Every line is matched as a whole: no reader of JSON sees it, and what is accepted is what `index_text` writes.

    Raises:
        ValueError: it is no index; the text is what is wrong, e.g. "its index names 1f.../log.txt twice".
    """
    members: list[Member] = []
    for number, line in enumerate(BytesIO(content), start=1):
        if number == 1 or line == _LAST:
            continue
        found = _LINE.fullmatch(line)
        if found is None:
            raise ValueError(f"line {number} of its index names no file of a build")
        key, name, size, sha256 = (part.decode("ascii") for part in found.groups())
        members.append(Member(key, name, int(size), sha256))
    if not members:
        raise ValueError("its index names no build")
    if (fault := next(_faults(members), None)) is not None:
        raise ValueError(fault)
    if index_text(members) != content:
        raise ValueError("its index is written in another way")
    return tuple(members)


def header(name: str, size: int) -> bytes:
    """Returns the ustar header of a plain file: nobody's, of no date, to be read by all.

    It is put together here, since tarfile's differs from one Python to the next.
    """
    fields = [
        name.encode("ascii").ljust(100, b"\0"),
        b"0000644\0" + b"0000000\0" * 2,
        f"{size:011o}\0".encode(),
        b"00000000000\0",
        b" " * 8,
        b"0".ljust(101, b"\0"),
        b"ustar\x0000".ljust(72, b"\0"),
        b"0000000\0" * 2,
    ]
    block = b"".join(fields).ljust(BLOCK, b"\0")
    return block[:148] + f"{sum(block):06o}\0 ".encode() + block[156:]


def padding(size: int) -> bytes:
    """Returns the zeros that fill a member's last block."""
    return bytes(-size % BLOCK)


def archive_size(index: bytes, members: Sequence[Member]) -> int:
    """Returns how many bytes the archive has whose index this is."""
    sizes = [len(index), *(member.size for member in members)]
    return sum(BLOCK + size + len(padding(size)) for size in sizes) + len(END)


def _faults(members: Sequence[Member]) -> Iterator[str]:
    builds: set[str] = set()
    former: Member | None = None
    for member in members:
        if former is not None and member.place == former.place:
            yield f"its index names {member.path} twice"
        elif former is not None and member.place < former.place:
            yield f"its index names {member.path} behind {former.path}"
        if member.key not in builds and member.name != MANIFEST:
            yield f"its index names no manifest.json of build {member.key}"
        if member.size > LARGEST_MEMBER or (member.name == SIGNATURE and member.size > LARGEST_SIGNATURE):
            yield f"its index says that {member.path} has {member.size:,} bytes"
        builds.add(member.key)
        former = member
