"""Altered archives of two builds, the first of them signed, and in which words each is refused."""

from __future__ import annotations

import re
import tarfile
from collections.abc import Callable

from tests.builds.forged_archives import Members, forged, head, index_of, start_of
from tests.builds.small_builds import small_keys

KEYS = small_keys(1, 2)
KEY = KEYS[0]
MANIFEST, CASES, SCORES = f"{KEY}/manifest.json", f"{KEY}/cases.json", f"{KEY}/scores.safetensors"
LAST = f"{KEYS[1]}/trajectory.safetensors"


def _headed(**fields: object) -> Callable[[Members], bytes]:
    def forge(members: Members) -> bytes:
        size = len(dict(members)[SCORES])
        return forged(members, heads={SCORES: head(**{"name": SCORES, "size": size, **fields})})  # type: ignore[arg-type]

    return forge


def _told(change: Callable[[bytes], bytes]) -> Callable[[Members], bytes]:
    return lambda members: forged(members, index=change(index_of(members)))


def _listed(change: Callable[[list[tuple[str, bytes]]], object]) -> Callable[[Members], bytes]:
    def forge(members: Members) -> bytes:
        listed = list(members)
        change(listed)
        return forged(listed)

    return forge


def _altered(change: Callable[[bytes], bytes]) -> Callable[[Members], bytes]:
    return lambda members: change(forged(members))


def _flipped(path: str, behind: int) -> Callable[[Members], bytes]:
    """Flips a bit so many bytes behind where a member begins."""

    def forge(members: Members) -> bytes:
        content = bytearray(forged(members))
        content[start_of(members, path) + behind] ^= 1
        return bytes(content)

    return forge


def _line(pattern: str, to: str) -> Callable[[Members], bytes]:
    """Changes the index's line of the scores."""

    def changed(index: bytes) -> bytes:
        lines = index.decode().splitlines(keepends=True)
        assert SCORES in lines[3]
        lines[3] = re.sub(pattern, to, lines[3])
        return "".join(lines).encode()

    return _told(changed)


def _put(path: str, content: bytes) -> Callable[[Members], bytes]:
    """Replaces a member, with an index to match."""
    return lambda members: forged([(name, content if name == path else kept) for name, kept in members])


def _extended(members: Members) -> bytes:
    """A pax header that says that it has a gigabyte, before the scores."""
    at = start_of(members, SCORES)
    content = forged(members)
    return content[:at] + head("././@PaxHeader", 1 << 30, tarfile.XHDTYPE) + content[at + 512 :]


def _names_no_file(line: int) -> str:
    return f"line {line} of its index names no file of a build"


_TRICKS = {
    "parent": f"{KEY}/../scores.safetensors",
    "out of the archive": "../scores.safetensors",
    "absolute": "/etc/scores.safetensors",
    "no folder": "scores.safetensors",
    "another folder": "builds/scores.safetensors",
    "folder of the build's folder": f"{KEY}/a/scores.safetensors",
    "hidden": f"{KEY}/.scores.safetensors",
    "capital letters": f"{KEY}/SCORES.safetensors",
    "another kind": f"{KEY}/scores.pickle",
    "backslash": f"{KEY}\\scores.safetensors",
    "drive": "C:/scores.safetensors",
    "zero byte": f"{KEY}/scores.safetensors\\u0000.txt",
    "key of capital letters": f"{KEY.upper()}/scores.safetensors",
    "key too short": f"{KEY[1:]}/scores.safetensors",
    "newline": f"{KEY}/scores.safetensors\\n",
}
NOT_AS_WRITTEN: dict[str, tuple[Callable[[Members], bytes], str]] = {
    **{
        how: (_told(lambda index, path=path: index.replace(SCORES.encode(), path.encode())), _names_no_file(4))  # type: ignore[misc]
        for how, path in _TRICKS.items()
    },
    # Members that are not what the index says.
    "symbolic link": (
        _headed(size=0, kind=tarfile.SYMTYPE, link="/etc/passwd"),
        f"a symbolic link stands in place of {SCORES}",
    ),
    "hard link": (_headed(kind=tarfile.LNKTYPE, link=MANIFEST), f"a hard link stands in place of {SCORES}"),
    "device": (_headed(kind=tarfile.CHRTYPE), f"a device stands in place of {SCORES}"),
    "pipe": (_headed(kind=tarfile.FIFOTYPE), f"a pipe stands in place of {SCORES}"),
    "folder": (_headed(kind=tarfile.DIRTYPE), f"a folder stands in place of {SCORES}"),
    "sparse": (_headed(kind=tarfile.GNUTYPE_SPARSE), f"a sparse file stands in place of {SCORES}"),
    "long name": (_headed(kind=tarfile.GNUTYPE_LONGNAME), f"a long name stands in place of {SCORES}"),
    "old kind": (_headed(kind=tarfile.AREGTYPE), f"something else stands in place of {SCORES}"),
    "pax header of a gigabyte": (_extended, f"a pax header stands in place of {SCORES}"),
    "another name": (_headed(name="../../x"), f"'../../x' stands in place of {SCORES}"),
    "a name that a terminal obeys": (_headed(name="\x1b[2J"), f"'\\x1b[2J' stands in place of {SCORES}"),
    "a name of other letters": (_headed(name="ä"), f"the header of {SCORES} cannot be read"),
    "another size": (_headed(size=2), f"{SCORES} has 2 bytes, but SIZE in its index"),
    "a size of terabytes": (_headed(size=1 << 40), f"{SCORES} has 1,099,511,627,776 bytes, but SIZE in its index"),
    "a date": (_headed(mtime=1), f"the header of {SCORES} says more than its name and size"),
    # The index.
    "a date of the index": (
        lambda members: forged(members, heads={"index.json": head("index.json", len(index_of(members)), mtime=1)}),
        "the header of index.json says more than its name and size",
    ),
    "an index of terabytes": (
        lambda members: forged(members, heads={"index.json": head("index.json", 1 << 40)}),
        "its index has 1,099,511,627,776 bytes",
    ),
    "an index below zero": (
        lambda members: forged(members, heads={"index.json": head("index.json", -1)}),
        "its index has -1 bytes",
    ),
    "twice": (
        _listed(lambda members: members.insert(3, members[2])),
        f"its index names {SCORES} twice",
    ),
    "twice with other bytes": (
        _listed(lambda members: members.insert(3, (SCORES, b"other"))),
        f"its index names {SCORES} twice",
    ),
    "out of order": (
        _listed(lambda members: members.insert(1, members.pop(2))),
        f"its index names {CASES} behind {SCORES}",
    ),
    "a signature that is not last": (
        _listed(lambda members: members.insert(1, members.pop(5))),
        f"its index names {CASES} behind {KEY}/signature.json",
    ),
    "builds out of order": (
        _listed(lambda members: members.append(members.pop(0))),
        f"its index names no manifest.json of build {KEY}",
    ),
    "no manifest": (_listed(lambda members: members.pop(0)), f"its index names no manifest.json of build {KEY}"),
    "a signature alone": (
        _listed(lambda members: members.append(("f" * 32 + "/signature.json", b"{}"))),
        f"its index names no manifest.json of build {'f' * 32}",
    ),
    "a large signature": (
        _put(f"{KEY}/signature.json", bytes((64 << 10) + 1)),
        f"its index says that {KEY}/signature.json has 65,537 bytes",
    ),
    "a file of terabytes": (
        _line(r'"size": \d+', '"size": 99999999999'),
        f"its index says that {SCORES} has 99,999,999,999 bytes",
    ),
    "no build": (lambda _: forged([]), _names_no_file(2)),
    "an empty index": (lambda _: forged([], index=b""), "its index names no build"),
    "an index of one build, of nothing else": (
        lambda _: forged([], index=b'{"format": 1, "files": [\n]}\n'),
        "its index names no build",
    ),
    "no index of ours": (lambda _: forged([], index=b"[]\n"), "its index names no build"),
    "brackets thousands deep": (lambda _: forged([], index=b"[" * 100_000), "its index names no build"),
    "spaces": (_line('"size": ', '"size":  '), _names_no_file(4)),
    "a size below zero": (_line('"size": ', '"size": -'), _names_no_file(4)),
    "a leading zero": (_line('"size": ', '"size": 0'), _names_no_file(4)),
    "a fraction": (_line(r'"size": (\d+)', r'"size": \1.0'), _names_no_file(4)),
    "a field more": (
        _line('"size": ', '"size": 1, "size": '),
        _names_no_file(4),
    ),
    "a comma more": (_told(lambda index: index.replace(b'"}\n]', b'"},\n]')), "its index is written in another way"),
    "a line more": (_told(lambda index: index + b"]}\n"), "its index is written in another way"),
    "another key": (
        _told(lambda index: index.replace(b'{"format": 1, ', b'{"format": 1, "more": 1, ')),
        "its index is written in another way",
    ),
    "a size too small": (
        _line(r'"size": \d+', '"size": 1'),
        f"{SCORES} has SIZE bytes, but 1 in its index",
    ),
    "an index that says more than there is": (
        _line(r'"size": \d+', '"size": 1025'),
        "it is cut short, with TOTAL bytes of TOTAL+1024",
    ),
    "an index that says less than there is": (
        _line(r'"size": \d+', '"size": 0'),
        "512 bytes follow its end",
    ),
    "a longer digest": (_line('"sha256": "', '"sha256": "0'), _names_no_file(4)),
    "another digest": (
        _line(r'"sha256": "\w+"', f'"sha256": "{"0" * 64}"'),
        f"the bytes of {SCORES} are not those of the build's manifest",
    ),
    # What the build's manifest says.
    "a file that the manifest lacks": (
        _listed(lambda members: members.insert(3, (f"{KEY}/state-0000.json", b"{}"))),
        f"it holds {KEY}/state-0000.json, which the build's manifest does not name",
    ),
    "a file of the manifest that is not there": (
        _listed(lambda members: members.pop(2)),
        f"it lacks {SCORES}, which the build's manifest names",
    ),
    "other bytes with an index to match": (
        _put(SCORES, b"other"),
        f"the bytes of {SCORES} are not those of the build's manifest",
    ),
    "an edited manifest with an index to match": (
        _listed(lambda members: members.__setitem__(0, (MANIFEST, members[0][1].replace(b"2026", b"2025")))),
        f"{MANIFEST} was edited",
    ),
    "the manifest of another build": (
        _listed(lambda members: members.__setitem__(0, (MANIFEST, members[6][1]))),
        f"{MANIFEST} belongs to another request",
    ),
    "a manifest of megabytes": (
        _put(MANIFEST, bytes((4 << 20) + 1)),
        f"{MANIFEST} is larger than any manifest",
    ),
    "a manifest of brackets": (
        _put(MANIFEST, b"[" * 100_000),
        f"{MANIFEST} cannot be read (ValueError)",
    ),
    # Bytes that changed on the way.
    "a flipped bit of the index": (_flipped("index.json", 600), _names_no_file(2)),
    "a flipped bit of a header": (_flipped(MANIFEST, 40), f"the header of {MANIFEST} cannot be read"),
    "a flipped bit of a manifest": (_flipped(MANIFEST, 600), f"the bytes of {MANIFEST} are not those of its index"),
    "a flipped bit of the last file": (_flipped(LAST, 600), f"the bytes of {LAST} are not those of its index"),
    "a flipped bit of what fills the index": (_flipped(MANIFEST, -1), "what follows its index is not zero"),
    "a flipped bit of what fills a block": (_flipped(CASES, -1), f"what follows {MANIFEST} is not zero"),
    "a flipped bit of the end": (
        _altered(lambda content: content[:-1000] + b"\1" + content[-999:]),
        "its end is not zero",
    ),
    "swapped members": (
        lambda members: forged([members[0], members[2], members[1], *members[3:]], index=index_of(members)),
        f"'{SCORES}' stands in place of {CASES}",
    ),
    "a byte behind the end": (_altered(lambda content: content + b"x"), "1 bytes follow its end"),
    "blocks behind the end, as other tars write them": (
        _altered(lambda content: content + bytes(9216)),
        "9,216 bytes follow its end",
    ),
    "an archive behind the end": (_altered(lambda content: content * 2), "TOTAL bytes follow its end"),
}


def filled(what: str, members: Members) -> str:
    """Returns what is said, with the sizes of these members."""
    total = len(forged(members))
    numbers = {"TOTAL+1024": total + 1024, "TOTAL": total, "SIZE": len(dict(members)[SCORES])}
    for name, number in numbers.items():
        what = what.replace(name, f"{number:,}")
    return what
