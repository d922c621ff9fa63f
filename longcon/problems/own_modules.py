"""A problem's own modules: read from their source alone, counted, and kept apart from those of other problems.

They are the modules below its folders, and those that it imports from elsewhere if they are not installed: on
PYTHONPATH, or in a package that is installed for editing. Of installed ones the version tells; see `software`.

Bytecode is never read, since it may be of a former source: Python compares its time in whole seconds and its size, and
tools that set every file to one time leave nothing to compare.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType

from longcon.problems.software import imported_by
from longcon.problems.user_code import is_users


class OwnModules:
    """Finds a problem's own modules, and keeps what was read of them.

    Attributes:
        imported: the top-level names that they import, whether or not these are the problem's own.

    Args:
        folders: searched after all others, so that a file of the user's never stands in for a library.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = tuple(folder.resolve() for folder in folders)
        self._present: set[str] = set()
        self._others: dict[str, ModuleType] = {}
        self._closed = False
        self._brought: dict[str, ModuleType] = {}
        self._digests: dict[str, str] = {}
        self._counted: set[Path] = set()
        self.imported: set[str] = set()

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Returns where a module is, with a loader that reads its source if it is the problem's own.

        Raises:
            ImportError: the problem asks for one of its modules when its digest has already been taken.
        """
        if self._closed and not self._is_asked_by_the_problem():
            return None
        found = self._found(name, path, target)
        # What is built into Python has no location, and a package without an __init__.py nothing to read.
        if found is None or found.origin is None or not found.has_location or not self._is_own(name, found.origin):
            return found
        place = Path(found.origin).resolve()
        if self._closed and place not in self._counted:
            raise ImportError(
                f"module '{name}' is first imported while the problem is at work, when its digest has been taken "
                "without it: import it at the top of the file",
                name=name,
            )
        if place.suffix != ".py":  # compiled: loaded by Python as it stands
            self.count(name, place, place.read_bytes())
            return found
        inner = found.submodule_search_locations
        loader = _FromSource(name, str(place), self)
        return spec_from_file_location(name, place, loader=loader, submodule_search_locations=inner)

    def _found(self, name: str, path: Sequence[str] | None, target: ModuleType | None) -> ModuleSpec | None:
        others = (finder for finder in sys.meta_path if finder is not self)
        found = next(filter(None, (finder.find_spec(name, path, target) for finder in others)), None)
        if path is not None or (found is not None and found.origin is not None):
            return found
        # Neither a module nor a package with an __init__.py: as if the folders stood last on Python's path.
        return PathFinder.find_spec(name, [*sys.path, *map(str, self._folders)]) or found

    def count(self, name: str, path: Path, content: bytes) -> None:
        """Has a file count in the digest.

        Args:
            name: of the file in the digest: the same on every machine, whatever folder it is in.
            path: where it is.
            content: what was read there.
        """
        self._digests[name] = hashlib.sha256(content).hexdigest()
        self._counted.add(path.resolve())
        if path.suffix == ".py":
            self.imported |= imported_by(content)

    def digest(self) -> str:
        """Returns the SHA-256 over names and contents of all that counted."""
        return hashlib.sha256(json.dumps(self._digests, sort_keys=True).encode()).hexdigest()

    def begin(self) -> None:
        """Takes the place of a former problem's modules."""
        for former in [finder for finder in sys.meta_path if isinstance(finder, OwnModules)]:
            former._end()
        self._others = {name: module for name, module in sys.modules.items() if self._is_below(module)}
        self._others.pop("__main__", None)
        for name in self._others:
            del sys.modules[name]
        self._present = {name.partition(".")[0] for name in sys.modules}
        sys.meta_path.insert(0, self)
        importlib.invalidate_caches()

    def close(self) -> None:
        """Lets no further module be read: from here on the digest stands. What others held is theirs again."""
        self._closed = True
        loaded = {name: module for name, module in sys.modules.items() if name in self._digests}
        self._brought = loaded | {name: module for name, module in sys.modules.items() if self._is_below(module)}
        self._brought.pop("__main__", None)
        sys.modules.update(self._others)

    def _end(self) -> None:
        sys.meta_path.remove(self)
        for name, module in self._brought.items():
            if sys.modules.get(name) is module:
                del sys.modules[name]

    def _is_own(self, name: str, place: str) -> bool:
        top = name.partition(".")[0]
        return self._are_below([place]) or (top not in self._present and is_users(Path(place).resolve()))

    def _is_below(self, module: ModuleType) -> bool:
        """Whether a module lies below the folders; a package without an __init__.py has its folders alone."""
        file = getattr(module, "__file__", None)
        return self._are_below([file] if file else list(getattr(module, "__path__", [])))

    def _are_below(self, places: Sequence[str]) -> bool:
        # Asked first as they stand: there are thousands of modules, and few of them are the user's.
        if not places or not all(is_users(Path(place)) for place in places):
            return False
        paths = [Path(place).resolve() for place in places]
        return all(is_users(path) and any(path.is_relative_to(folder) for folder in self._folders) for path in paths)

    def _is_asked_by_the_problem(self) -> bool:
        frame = sys._getframe(2)
        while frame.f_back is not None and "importlib" in frame.f_code.co_filename:
            frame = frame.f_back
        return Path(frame.f_code.co_filename).resolve() in self._counted


class _FromSource(SourceFileLoader):
    def __init__(self, name: str, path: str, own: OwnModules) -> None:
        super().__init__(name, path)
        self._own = own

    def get_code(self, fullname: str) -> CodeType:
        """Returns the code of the very bytes that are counted."""
        content = self.get_data(self.path)
        self._own.count(fullname, Path(self.path), content)
        code: CodeType = compile(content, self.path, "exec", dont_inherit=True)
        return code


@contextmanager
def own_modules(folders: Sequence[Path]) -> Iterator[OwnModules]:
    """Has the modules below folders read anew for as long as a problem is loaded.

    They then stay where its code finds them until another problem is loaded. Modules that others hold under the same
    names, such as those of the process that loads it, are theirs again afterwards.
    """
    own = OwnModules(folders)
    own.begin()
    try:
        yield own
    finally:
        own.close()
