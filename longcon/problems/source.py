"""Where a problem's code comes from, how it is loaded, and the digest that tells one version of it from another.

A problem is given as ``path/to/file.py:NAME`` or ``package.module:NAME``. NAME is a class or a function that makes the
problem, and is then called with those options that it takes, or the problem itself.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from longcon.errors import ProblemError, did_you_mean
from longcon.problems.own_modules import OwnModules, own_modules
from longcon.problems.problem import Problem
from longcon.problems.software import versions_of
from longcon.problems.user_code import saying_where

# Names that stand for longcon's own problems.
KNOWN = {"gbm": "longcon.problems.gbm:GbmProblem"}
PARTS = ("data", "model", "loss", "optimiser")
# Folders that hold the problem's files, or where this machine keeps them, make no other classifier.
_OF_THE_MACHINE = ("workspace", "folder")
_MOST_OFFERED = 12
Option = str | int | None


@dataclass(frozen=True)
class ProblemSource:
    """Where a problem comes from and what it is made with.

    Attributes:
        spec: ``"gbm"``, ``"/path/file.py:NAME"`` or ``"package.module:NAME"``.
        options: by the name of the parameter; those that the problem does not take are left out when it is made.
        defaults: likewise, for parameters that have no default of their own.
        path: folder in which modules are looked for last, after those of Python and those beside a file.
    """

    spec: str
    options: Mapping[str, Option]
    path: str | None = None
    defaults: Mapping[str, Option] = field(default_factory=dict)

    def load(self) -> LoadedProblem:
        """Returns the problem, its code run anew.

        Raises:
            ProblemError: the file or the name is not there, its code raises, or a part is missing.
        """
        place, _, name = KNOWN.get(self.spec, self.spec).rpartition(":")
        is_file = place.endswith(".py")
        folders = [Path(place).parent] if is_file else []
        with own_modules([*folders, *([] if self.path is None else [Path(self.path)])]) as own:
            module = _from_file(Path(place), own) if is_file else _from_package(place, own)
            found = _named(module, name, place)
            with saying_where(f"{name} of {place}"):
                taken = _taken(found, self.options, self.defaults)
                problem = found(**taken) if callable(found) and not _has_parts(found) else found
            _require_parts(problem, name, place)
        options = {key: value for key, value in taken.items() if key not in _OF_THE_MACHINE}
        software = versions_of(own.imported)
        identity = {"name": name, "source": own.digest(), "options": options, "software": software}
        return LoadedProblem(self, problem, identity, frozenset(_parameters(found)) & {*self.options, *self.defaults})

    def as_json(self) -> dict[str, object]:
        """Returns it as plain JSON values."""
        return {
            "spec": self.spec,
            "options": dict(self.options),
            "path": self.path,
            "defaults": dict(self.defaults),
        }

    @staticmethod
    def of_json(fields: Mapping[str, Any]) -> ProblemSource:
        """Returns what `as_json` gave."""
        return ProblemSource(fields["spec"], dict(fields["options"]), fields["path"], dict(fields["defaults"]))


@dataclass(frozen=True)
class LoadedProblem:
    """A problem with what tells it from others.

    Attributes:
        source: where it was loaded from.
        problem: the problem.
        identity: what tells its code from another's, as JSON values: its name, the digest of its source, the options
            that make it another classifier, and the versions of the packages that it imports.
        takes: which of the options it has parameters for.
        tried: what a trial showed of it: model, loss and optimiser in words, and the digest of the initial state. What
            the code reads besides itself, such as a file of weights, shows there.
    """

    source: ProblemSource
    problem: Problem
    identity: Mapping[str, object]
    takes: frozenset[str]
    tried: Mapping[str, object] = field(default_factory=dict)


def _from_file(path: Path, own: OwnModules) -> ModuleType:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ProblemError(f"{path} cannot be read ({error.strerror}): give --problem=path/to/file.py:NAME.") from None
    module = ModuleType(f"longcon_problem_{hashlib.sha256(content).hexdigest()[:16]}")
    module.__file__ = str(path)
    own.count("", path, content)
    # dataclasses and typing look a class's module up by its name.
    sys.modules[module.__name__] = module
    with saying_where(str(path)):
        exec(compile(content, str(path), "exec", dont_inherit=True), module.__dict__)  # noqa: S102 - what was asked for
    return module


def _from_package(name: str, own: OwnModules) -> ModuleType:
    """Returns a module; all Python files of the package that it belongs to are counted."""
    with saying_where(f"module {name}"):
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name is None or not f"{name}.".startswith(f"{error.name}."):
                raise
            raise ProblemError(
                f"Module '{name}' of --problem is not to be found: install its package, or give path/to/file.py:NAME."
            ) from None
        top = sys.modules[name.partition(".")[0]]
        file = getattr(top, "__file__", None)
        roots = [Path(path) for path in getattr(top, "__path__", [])] or ([Path(file)] if file else [])
        for root in roots:
            for path in sorted(root.rglob("*.py")) if root.is_dir() else [root]:
                own.count(path.relative_to(root.parent).as_posix(), path, path.read_bytes())
    return module


def _named(module: ModuleType, name: str, place: str) -> Any:
    if hasattr(module, name):
        return getattr(module, name)
    held = {key: value for key, value in vars(module).items() if not key.startswith("_")}
    own = [key for key, value in held.items() if getattr(value, "__module__", None) == module.__name__]
    hint = did_you_mean(name, own)
    offered = f"give one of {', '.join(own[:_MOST_OFFERED])}" if own else "define it there"
    raise ProblemError(f"{place} has no '{name}'{hint}: {offered}.")


def _taken(found: Any, options: Mapping[str, Option], defaults: Mapping[str, Option]) -> dict[str, Any]:
    """Returns what the maker of a problem is called with."""
    given = {**{name: defaults[name] for name in defaults if _needs(found, name)}, **options}
    return {
        name: Path(value) if name in _OF_THE_MACHINE and isinstance(value, str) else value
        for name, value in given.items()
        if name in _parameters(found)
    }


def _parameters(found: Any) -> Mapping[str, inspect.Parameter]:
    if not callable(found) or _has_parts(found):
        return {}
    try:
        return inspect.signature(found).parameters
    except (TypeError, ValueError):
        return {}


def _needs(found: Any, name: str) -> bool:
    parameter = _parameters(found).get(name)
    return parameter is not None and parameter.default is inspect.Parameter.empty


def _has_parts(found: Any) -> bool:
    return not isinstance(found, type) and hasattr(found, "data")


def _require_parts(problem: Any, name: str, place: str) -> None:
    with saying_where(f"{name} of {place}"):
        lacking = [part for part in PARTS if not callable(getattr(problem, part, None))]
    if len(lacking) == len(PARTS):
        raise ProblemError(
            f"{name} of {place} is of type {type(problem).__name__}, which is no problem: give a class, or a function "
            "that makes one, derived from longcon.problems.TabularProblem, say."
        )
    if lacking:
        raise ProblemError(
            f"{name} of {place} lacks {lacking[0]}(): give it, or derive {name} from longcon.problems.TabularProblem, "
            "which has the usual."
        )
    with saying_where(f"{name}.name of {place}"):
        # A property that fails is told of as what it raises, not as a name that is not there.
        stands = inspect.getattr_static(problem, "name", None) is not None
        given = problem.name if stands else getattr(problem, "name", None)
    if not (isinstance(given, str) and given.strip() and given.isprintable()):
        raise ProblemError(f"{name} of {place} has no name: give it one of one line, as name = 'My classifier'.")
