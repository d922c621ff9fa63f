"""Where a problem comes from: what is loaded, with which options, and which sentence a mistake ends in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from longcon.errors import ProblemError
from longcon.problems import GbmProblem, ProblemSource
from longcon.problems.source import PARTS
from tests.problems.problem_files import OPTIONS, WHOLE, Write, loaded, writer


@pytest.fixture
def write(tmp_path: Path) -> Write:
    return writer(tmp_path)


def _refused(place: Path | str, path: Path | None = None) -> str:
    with pytest.raises(ProblemError) as error:
        loaded(place, path=path)
    return str(error.value)


MAKERS = {
    "a class": "class Own(Mine): pass",
    "a function": "def Own(): return Mine()",
    "a problem": "Own = Mine()",
    "a lambda": "Own = lambda: Mine()",
    "a dataclass": "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass Own(Mine):\n    hidden: int = 16",
}


@pytest.mark.parametrize("code", MAKERS.values(), ids=MAKERS.keys())
def test_what_a_name_may_stand_for(write: Write, code: str) -> None:
    found = loaded(write("p.py", WHOLE + code), "Own")
    assert (found.problem.name, found.takes) == ("mine", frozenset())
    assert {key: found.identity[key] for key in ("name", "options")} == {"name": "Own", "options": {}}


def test_options_are_handed_over_by_name(write: Write) -> None:
    """Folders are where this machine keeps its files; they make no other problem."""
    code = "    def __init__(self, seed, workspace, folder=None, other=5): self.given = seed, workspace, folder, other"
    found = loaded(write("p.py", WHOLE + code))
    assert getattr(found.problem, "given", None) == (3, Path("/work"), Path("/data"), 5)
    assert found.takes == {"seed", "folder", "workspace"}
    assert found.identity["options"] == {"seed": 3}
    simulated = loaded(write("p.py", WHOLE + code), options={**OPTIONS, "folder": None})
    assert getattr(simulated.problem, "given", None) == (3, Path("/work"), None, 5)


def test_longcons_own_problem() -> None:
    found = ProblemSource("gbm", OPTIONS).load()
    assert found.problem == GbmProblem(50, Path("/work"), Path("/data"), 3)
    assert found.identity["options"] == {"features": 50, "seed": 3}


def test_a_source_survives_json() -> None:
    source = ProblemSource("/a/p.py:Mine", {**OPTIONS, "folder": None}, "/here")
    assert ProblemSource.of_json(json.loads(json.dumps(source.as_json()))) == source


def test_a_module(write: Write, tmp_path: Path) -> None:
    """It is looked for in the working directory too, and all of its package counts, imported or not."""
    write("of_a_lab/problems/mine.py", "from of_a_lab import net" + WHOLE)
    write("of_a_lab/net.py", "")
    rest = write("of_a_lab/rest.py", "x = 1")
    beside = write("beside_the_lab.py", "x = 1")
    first = loaded("of_a_lab.problems.mine", path=tmp_path)
    beside.write_text("x = 2")
    assert loaded("of_a_lab.problems.mine", path=tmp_path).identity == first.identity
    rest.write_text("x = 2")
    assert loaded("of_a_lab.problems.mine", path=tmp_path).identity != first.identity


def test_a_module_of_one_file(write: Write, tmp_path: Path) -> None:
    write("mine_alone.py", "import helper" + WHOLE + "    name = helper.name")
    for name in ("one", "two"):
        write("helper.py", f"name = {name!r}")
        assert loaded("mine_alone", path=tmp_path).problem.name == name


# PLACE is the file's path.
FILES: dict[str, tuple[str | bytes, str]] = {
    "another name": (
        "class Minde: ...\ndef helper(): ...",
        "PLACE has no 'Mine' - did you mean 'Minde'?: give one of Minde, helper.",
    ),
    "no name": ("import math", "PLACE has no 'Mine': define it there."),
    "no Python": (
        "class Mine(:\n    pass",
        "PLACE raised SyntaxError at p.py, line 1: invalid syntax: correct it.",
    ),
    "no text": (b"\0", "PLACE raised SyntaxError: source code string cannot contain null bytes: correct it."),
    "an import that fails": (
        "import math\nimport of_no_lab",
        "PLACE raised ModuleNotFoundError at p.py, line 2: No module named 'of_no_lab': correct it.",
    ),
    "an error at import": (
        "x = 1\ny = x / 0",
        "PLACE raised ZeroDivisionError at p.py, line 2: division by zero: correct it.",
    ),
    "an exit at import": ("import sys\nsys.exit('done')", "PLACE raised SystemExit at p.py, line 2: done: correct it."),
    "an error in the constructor": (
        WHOLE + "    def __init__(self): raise OSError('no table')",
        "Mine of PLACE raised OSError at p.py, line 6: no table: correct it.",
    ),
    "a parameter that nobody gives": (
        WHOLE + "    def __init__(self, hidden): ...",
        "Mine of PLACE raised TypeError: Mine.__init__() missing 1 required positional argument: 'hidden': correct it.",
    ),
    "an exit in the constructor": (
        WHOLE + "    def __init__(self): raise SystemExit",
        "Mine of PLACE raised SystemExit at p.py, line 6: no message: correct it.",
    ),
    "an error in the name": (
        WHOLE + "    name = property(lambda self: self.title)",
        "Mine.name of PLACE raised AttributeError at p.py, line 6: 'Mine' object has no attribute 'title': correct it.",
    ),
    "a function without a return": (
        "def Mine(): ...",
        "Mine of PLACE is of type NoneType, which is no problem: give a class, or a function that makes one, "
        "derived from longcon.problems.TabularProblem, say.",
    ),
    "a number": (
        "Mine = 3",
        "Mine of PLACE is of type int, which is no problem: give a class, or a function that makes one, derived from "
        "longcon.problems.TabularProblem, say.",
    ),
    **{
        f"no {part}()": (
            f"{WHOLE}    {part} = None",
            f"Mine of PLACE lacks {part}(): give it, or derive Mine from longcon.problems.TabularProblem, "
            "which has the usual.",
        )
        for part in PARTS
    },
    **{
        f"a name {name}": (
            f"{WHOLE}    name = {name}",
            "Mine of PLACE has no name: give it one of one line, as name = 'My classifier'.",
        )
        for name in ("None", "''", "' '", "'a\\nb'", "3")
    },
}


@pytest.mark.parametrize(("code", "text"), FILES.values(), ids=FILES.keys())
def test_a_file_that_cannot_be_used(write: Write, code: str | bytes, text: str) -> None:
    place = write("p.py", code)
    assert _refused(place) == text.replace("PLACE", str(place))


def test_a_mistake_in_a_helper_is_told_of_the_helper(write: Write) -> None:
    place = write("p.py", "import helper" + WHOLE)
    write("helper.py", "x = 1\ny = = 2")
    assert _refused(place) == f"{place} raised SyntaxError at helper.py, line 2: invalid syntax: correct it."


def test_a_file_of_another_encoding(write: Write) -> None:
    place = write("p.py", "x = '\u00e9'".encode("latin-1"))
    assert _refused(place).startswith(
        f"{place} raised SyntaxError at p.py, line 1: (unicode error) 'utf-8' codec can't decode byte 0xe9 "
    )


def test_a_place_where_no_file_is(tmp_path: Path) -> None:
    (tmp_path / "folder.py").mkdir()
    for name, why in (("none.py", "No such file or directory"), ("folder.py", "Is a directory")):
        place = tmp_path / name
        assert _refused(place) == f"{place} cannot be read ({why}): give --problem=path/to/file.py:NAME."


MODULES = {
    **{
        name: f"Module '{name}' of --problem is not to be found: install its package, or give path/to/file.py:NAME."
        for name in ("of_no_lab", "json.mine", "json.mine.problem")
    },
    "errno": "errno has no 'Mine': define it there.",  # built in: it has no file
    "json.decoder": "json.decoder has no 'Mine': give one of JSONDecodeError, py_scanstring, JSONObject, JSONArray, "
    "JSONDecoder.",
    "broken_lab": "module broken_lab raised ModuleNotFoundError at broken_lab.py, line 1: No module named 'of_no_lab': "
    "correct it.",
}


@pytest.mark.parametrize(("name", "text"), MODULES.items(), ids=MODULES.keys())
def test_a_module_that_cannot_be_used(write: Write, tmp_path: Path, name: str, text: str) -> None:
    write("broken_lab.py", "import of_no_lab")
    assert _refused(name, path=tmp_path) == text
