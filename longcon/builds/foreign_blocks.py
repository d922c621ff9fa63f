"""What stands in an archive where it should not, in words; nothing that is told here is ever obeyed."""

from __future__ import annotations

import tarfile

from longcon.builds.archive_layout import Member

_COMPRESSED = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"PK\x03\x04": "zip",
}
_KINDS = {
    tarfile.LNKTYPE: "a hard link",
    tarfile.SYMTYPE: "a symbolic link",
    tarfile.CHRTYPE: "a device",
    tarfile.BLKTYPE: "a device",
    tarfile.DIRTYPE: "a folder",
    tarfile.FIFOTYPE: "a pipe",
    tarfile.GNUTYPE_LONGNAME: "a long name",
    tarfile.GNUTYPE_LONGLINK: "a long name",
    tarfile.GNUTYPE_SPARSE: "a sparse file",
    tarfile.XHDTYPE: "a pax header",
    tarfile.XGLTYPE: "a pax header",
}


def compression_of(beginning: bytes) -> str | None:
    """Returns how a file is compressed that begins so; None if it is not."""
    return next((how for mark, how in _COMPRESSED.items() if beginning.startswith(mark)), None)


def named_size(block: bytes, name: str) -> int | None:
    """Returns the size that a header of a plain file says; None where it is no header, or not that of ``name``."""
    found = _read(block)
    return found.size if found and found.name == name and found.type == tarfile.REGTYPE else None


def difference(block: bytes, member: Member) -> str:
    """Returns how a block differs from a member's header, e.g. "a symbolic link stands in place of 1f.../log.txt"."""
    found = _read(block)
    if found is None:
        return f"the header of {member.path} cannot be read"
    if found.type != tarfile.REGTYPE:
        return f"{_KINDS.get(found.type, 'something else')} stands in place of {member.path}"
    if found.name != member.path:
        return f"{found.name!a} stands in place of {member.path}"
    if found.size != member.size:
        return f"{member.path} has {found.size:,} bytes, but {member.size:,} in its index"
    return f"the header of {member.path} says more than its name and size"


def _read(block: bytes) -> tarfile.TarInfo | None:
    try:
        return tarfile.TarInfo.frombuf(block, "ascii", "strict")
    except (tarfile.HeaderError, ValueError):
        return None
