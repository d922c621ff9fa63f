"""Code of the user's: whatever it raises is one sentence, with the line that the user wrote."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longcon.errors import CohortError, LongconError, ProblemError
from longcon.problems.user_code import is_users, saying_where

Writes = Callable[..., ModuleType]


@pytest.fixture
def written(tmp_path: Path) -> Writes:
    """Returns what writes a file of the user's and runs it."""

    def writes(code: str, name: str = "mine.py") -> ModuleType:
        path = tmp_path / name
        path.write_text(dedent(code).lstrip("\n"), encoding="utf-8")
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return writes


def _said(call: Callable[[], object]) -> str:
    with pytest.raises(ProblemError) as error, saying_where("data() of problem Mine"):
        call()
    return str(error.value)


CODES: dict[str, tuple[str, str]] = {
    "its own line": (
        """
        def data():
            return {}["age"]
        """,
        "KeyError at mine.py, line 2: 'age'",
    ),
    "a call within": (
        """
        def inner(values):
            raise ValueError("no values.")

        def data():
            return inner([])
        """,
        "ValueError at mine.py, line 2: no values",
    ),
    "a library that it calls": (
        """
        import numpy as np

        def data():
            return np.linalg.inv(
                np.zeros((2, 2))
            )
        """,
        "LinAlgError at mine.py, line 4: Singular matrix",
    ),
    "the standard library": (
        """
        import json

        def data():
            return json.loads("{")
        """,
        "JSONDecodeError at mine.py, line 4: "
        "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
    ),
    "longcon that it calls": (
        """
        from longcon.problems import standardisation

        def data():
            return standardisation(3)
        """,
        "AttributeError at mine.py, line 4: 'int' object has no attribute 'shape'",
    ),
    "code in a text": (
        """
        def data():
            return eval("1 +")
        """,
        "SyntaxError at mine.py, line 2: invalid syntax",
    ),
    "the second of two errors": (
        """
        def data():
            try:
                return open("/nowhere/x.csv")
            except OSError as error:
                raise RuntimeError("no table:") from error
        """,
        "RuntimeError at mine.py, line 5: no table",
    ),
    "an end of the run": (
        """
        import sys

        def data():
            sys.exit(3)
        """,
        "SystemExit at mine.py, line 4: 3",
    ),
    "nothing said": (
        """
        def data():
            raise NotImplementedError
        """,
        "NotImplementedError at mine.py, line 2: no message",
    ),
    "an error that fails to speak": (
        """
        class Silent(Exception):
            def __str__(self):
                raise RuntimeError

        def data():
            raise Silent
        """,
        "Silent at mine.py, line 6: no message",
    ),
}


@pytest.mark.parametrize(("code", "said"), CODES.values(), ids=CODES.keys())
def test_the_users_own_line_is_named(written: Writes, code: str, said: str) -> None:
    assert _said(written(code).data) == f"data() of problem Mine raised {said}: correct it."


def test_a_file_that_is_no_python(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("x = 1\ndef data(:\n")
    said = _said(lambda: compile(path.read_bytes(), str(path), "exec"))
    assert said == "data() of problem Mine raised SyntaxError at mine.py, line 2: invalid syntax: correct it."


MESSAGES = [
    ("two\nlines\tof\r\n it", "two lines of it"),
    ("\x1b[31mred\x1b[0m\x00", "[31mred [0m"),
    ("turned \u202e over \udcff", "turned over"),
    ("Überlauf: Δ > 3.", "Überlauf: Δ > 3"),
    ("...", "no message"),
    ("x" * 300, "x" * 300),
    ("x" * 301, "x" * 300 + "..."),
]


@pytest.mark.parametrize(("message", "told"), MESSAGES)
def test_a_message_becomes_one_line(message: str, told: str) -> None:
    def fail() -> None:
        raise ValueError(message)

    assert _said(fail).partition(": ")[2] == f"{told}: correct it."


@given(st.text())
def test_any_message_is_one_line_that_can_be_printed(message: str) -> None:
    def fail() -> None:
        raise ValueError(message)

    assert _said(fail).isprintable()


@pytest.mark.parametrize("error", [KeyboardInterrupt(), CohortError("Class 'a' is absent: add it.")])
def test_what_passes_through(error: BaseException) -> None:
    with pytest.raises(type(error)) as caught, saying_where("data() of problem Mine"):
        raise error
    assert caught.value is error


def test_the_first_error_is_kept() -> None:
    first = ValueError("first")
    with pytest.raises(LongconError) as caught, saying_where("data()"):
        raise first
    assert caught.value.__cause__ is first


PLACES = [
    (pytest.__file__, False),
    ("/usr/lib/python3/dist-packages/scipy/x.py", False),
    (importlib.util.__file__, False),
    (saying_where.__code__.co_filename, False),
    (__file__, True),
    ("/problem.py", True),
]


@pytest.mark.parametrize(("place", "own"), PLACES)
def test_whose_a_file_is(place: str, own: bool) -> None:
    assert is_users(Path(place)) is own
