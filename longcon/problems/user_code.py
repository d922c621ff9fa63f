"""Code of the user's, called so that what it raises becomes one sentence that says where."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from longcon.errors import LongconError, ProblemError

_LONGEST = 300
_NOT_USERS = (Path(traceback.__file__).resolve().parent, Path(__file__).resolve().parents[1])


@contextmanager
def saying_where(what: str) -> Iterator[None]:
    """Turns whatever is raised within into a ProblemError that names file and line; longcon's own errors stay.

    Args:
        what: that is called, e.g. ``"data() of problem Mine"``.

    Raises:
        ProblemError: anything but an error of longcon was raised.
    """
    try:
        yield
    except (LongconError, KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:  # also SystemExit: a problem may not end the run
        raise ProblemError(
            f"{what} raised {type(error).__name__}{_where(error)}: {_text(error)}: correct it."
        ) from error


def is_users(path: Path) -> bool:
    """Whether a file is neither Python's own, nor an installed library's, nor longcon's."""
    return not (
        any(path.is_relative_to(place) for place in _NOT_USERS) or {"site-packages", "dist-packages"} & set(path.parts)
    )


def _where(error: BaseException) -> str:
    """Returns the last line of the user's own: below it are libraries, and above it longcon."""
    if isinstance(error, SyntaxError) and error.filename and _is_users_source(error.filename):
        return f" at {Path(error.filename).name}, line {error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if _is_users_source(frame.filename)]
    return f" at {Path(own[-1].filename).name}, line {own[-1].lineno}" if own else ""


def _is_users_source(filename: str) -> bool:
    return filename.endswith(".py") and is_users(Path(filename).resolve())


def _text(error: BaseException) -> str:
    try:
        text = str(error.msg if isinstance(error, SyntaxError) else error)
    except Exception:  # an error of the user's may fail to say what it is
        text = ""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split()).rstrip(".:") or "no message"
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."
