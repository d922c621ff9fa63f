"""The folder that a command works in: what it may read, set out anew, and whether it left all that as it was."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from longcon.builds.files import unwritable
from longcon.errors import BuildError

OUT = "out"
_FILES, _TEMPORARY = "work", "tmp"
_PLACES = (_FILES, OUT, _TEMPORARY)
# Interpreters look for helper modules beside the file that a link leads to, and so would read what is not listed; code
# is therefore copied. A file that is larger than any code is linked.
_LARGEST_COPY = 4 << 20
_State = tuple[int, ...]


@dataclass(frozen=True)
class CommandFolder:
    """A folder with three in it: the files to read, which is the working one; ``out``; and one for temporary files.

    Attributes:
        root: the folder.
        originals: size, time of change and inode of every file that was set out, by its path.
        set_out: the same of everything in the working folder, by its path there.
    """

    root: Path
    originals: Mapping[Path, _State]
    set_out: Mapping[str, _State]

    @property
    def files(self) -> Path:
        """The working folder."""
        return self.root / _FILES

    @property
    def out(self) -> Path:
        """Where scores are to be written."""
        return self.root / OUT

    @property
    def temporary(self) -> Path:
        """Where anything may be written that is of no interest later."""
        return self.root / _TEMPORARY

    def require_unchanged(self) -> None:
        """Checks that the command wrote nowhere but in ``out`` and among temporary files.

        Raises:
            BuildError: it did; the text names the first such file.
        """
        for path, state in self.originals.items():
            if _state(path, follow=True) != state:
                raise _outside(f"{str(path)!r} was changed, which it may only read")
        if not stat.S_ISDIR(_mode(self.out)):
            raise _outside("{out} was removed")
        left = dict(self.set_out)
        for name, state in _entries(self.files):
            if left.pop(name, None) != state:
                was = "changed" if name in self.set_out else "written"
                raise _outside(f"{name!r} was {was} in its working folder")
        if left:
            raise _outside(f"{min(left)!r} was removed from its working folder")
        beside = min({path.name for path in self.root.iterdir()}.difference(_PLACES), default=None)
        if beside is not None:
            raise _outside(f"{beside!r} was written beside its working folder")


def set_out(root: Path, files: Mapping[str, Path]) -> CommandFolder:
    """Returns a new folder with files to read, each under its name.

    Args:
        root: absent or empty.
        files: from name to original.

    Raises:
        StoreError: it cannot be written, or an original cannot be read.
    """
    root = root.absolute()
    try:
        root.mkdir(parents=True, exist_ok=True)
        for place in _PLACES:
            (root / place).mkdir()
        originals = {original: _state(original, follow=True) for original in files.values()}
        for name, original in files.items():
            own = root / _FILES / name
            own.parent.mkdir(parents=True, exist_ok=True)
            if originals[original][0] <= _LARGEST_COPY:
                shutil.copy2(original, own)
            else:
                own.symlink_to(original.absolute())
    except OSError as error:
        raise unwritable(root, error) from error
    return CommandFolder(root, originals, dict(_entries(root / _FILES)))


def _entries(folder: Path) -> Iterator[tuple[str, _State]]:
    """Yields everything below a folder, from the top down, one at a time: there may be more than memory holds."""
    waiting = [""]
    while waiting:
        place = waiting.pop()
        # A folder that can no longer be read has lost what was in it.
        with suppress(OSError), os.scandir(folder / place) as entries:
            for entry in entries:
                name = f"{place}{entry.name}"
                is_folder = entry.is_dir(follow_symlinks=False)
                # A folder's own time changes with what is in it, which is looked at by itself.
                yield name, () if is_folder else _state(folder / name, follow=False)
                if is_folder:
                    waiting.append(f"{name}/")


def _state(path: Path, *, follow: bool) -> _State:
    try:
        found = path.stat(follow_symlinks=follow)
    except OSError:
        return (-1,)
    return found.st_size, found.st_mtime_ns, found.st_ino


def _mode(path: Path) -> int:
    try:
        return path.lstat().st_mode
    except OSError:
        return 0


def _outside(what: str) -> BuildError:
    return BuildError(f"The command wrote outside {{out}} ({what}): let it write in {{out}} or in $TMPDIR.")
