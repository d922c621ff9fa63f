"""A problem's own modules: what of them counts in its digest, and that none stands in for another."""

from __future__ import annotations

import importlib
import os
import py_compile
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.problems.problem_files import WHOLE, Write, loaded, writer


@pytest.fixture
def write(tmp_path: Path) -> Write:
    return writer(tmp_path)


def _digest(place: Path | str, **given: Any) -> object:
    return loaded(place, **given).identity["source"]


def test_the_digest_is_that_of_the_problems_own_files(write: Write) -> None:
    main = "import helper\nfrom parts import net\n" + WHOLE
    place = write("p.py", main)
    write("helper.py", "x = 1")
    write("parts/net.py", "from . import deep")  # a folder without an __init__.py is a package as well
    write("parts/deep.py", "y = 1")
    write("unused.py", "z = 1")
    first = _digest(place)
    write("unused.py", "z = 2")
    write("notes.txt", "z")
    assert _digest(place) == first
    seen = {first}
    for name, content in (("helper.py", "x = 2"), ("parts/deep.py", "y = 2"), ("p.py", main + "# 2")):
        write(name, content)
        seen.add(_digest(place))
    assert len(seen) == 4


def test_the_digest_knows_no_folder(write: Write) -> None:
    """So that the same files are the same problem on another machine."""
    places = []
    for folder in ("here", "there/deep"):
        write(f"{folder}/helper.py", "x = 1")
        places.append(write(f"{folder}/p.py", "import helper\n" + WHOLE))
    assert _digest(places[0]) == _digest(places[1])


def test_the_code_is_what_is_on_disk(write: Write) -> None:
    """Bytecode of a former source is not believed, though the new one has its size and its time."""
    place = write("p.py", "import helper\n" + WHOLE + "    width = helper.width")
    digests = []
    for width in ("16", "32"):
        helper = write("helper.py", f"width = {width}")
        os.utime(helper, (1e9, 1e9))
        found = loaded(place)
        digests.append(found.identity["source"])
        assert getattr(found.problem, "width", None) == int(width)
        py_compile.compile(str(helper))
        assert _digest(place) == digests[-1]
    assert len(set(digests)) == 2


def test_no_bytecode_is_left_behind(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    place = write("p.py", "import helper\n" + WHOLE)
    write("helper.py", "")
    loaded(place)
    assert sorted(path.name for path in place.parent.iterdir()) == ["helper.py", "p.py"]


def test_a_compiled_module_counts(write: Write) -> None:
    place = write("p.py", "import helper\n" + WHOLE + "    width = helper.width")
    digests = set()
    for width in (16, 32):
        source = write("elsewhere/helper.py", f"width = {width}")
        py_compile.compile(str(source), str(place.with_name("helper.pyc")))
        found = loaded(place)
        assert getattr(found.problem, "width", None) == width
        digests.add(found.identity["source"])
    assert len(digests) == 2


def test_what_is_built_into_python_is_left_to_it(write: Write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "faulthandler")
    assert loaded(write("p.py", "import faulthandler\n" + WHOLE)).problem.name == "mine"


def test_problems_do_not_mix(write: Write) -> None:
    for folder in ("one", "two"):
        write(f"{folder}/helper.py", f"name = {folder!r}")
        write(f"{folder}/parts/net.py", f"name = {folder!r}")
        main = "import helper\nfrom parts import net\n" + WHOLE + "    name = helper.name + net.name"
        assert loaded(write(f"{folder}/p.py", main)).problem.name == folder * 2


def test_a_module_that_is_not_installed_counts(write: Write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As one on PYTHONPATH, or in a package that is installed for editing."""
    place = write("problem/p.py", "import of_the_lab.net\n" + WHOLE)
    write("src/of_the_lab/__init__.py", "")
    net = write("src/of_the_lab/net.py", "x = 1")
    monkeypatch.syspath_prepend(tmp_path / "src")
    first = _digest(place)
    net.write_text("x = 2")
    assert _digest(place) != first


def test_a_modules_former_holder_keeps_it(write: Write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The process that loads a problem may have imported a file beside it; the digest must not depend on that."""
    for folder in ("here", "there"):
        place = write(f"{folder}/p.py", "import helper_of_mine\n" + WHOLE)
        write(f"{folder}/helper_of_mine.py", "")
    monkeypatch.syspath_prepend(tmp_path / "here")
    theirs = importlib.import_module("helper_of_mine")
    held = _digest(tmp_path / "here" / "p.py")
    assert sys.modules.pop("helper_of_mine") is theirs
    monkeypatch.undo()
    assert held == _digest(place)


def test_modules_stay_where_the_problem_finds_them(write: Write) -> None:
    """Pickling to a process that reads data, and an import in a function, look them up by name."""
    code = "    def data(self, progress):\n        import helper as again\n        return again is helper"
    write("helper.py", "")
    found = loaded(write("p.py", "import helper\n" + WHOLE + code))
    again: object = found.problem.data(lambda *_: None)
    assert again is True


def test_a_module_that_the_digest_would_miss_is_refused(write: Write) -> None:
    write("helper.py", "")
    code = "    def data(self, progress):\n        import helper"
    found = loaded(write("p.py", WHOLE + code))
    with pytest.raises(ImportError) as error:
        found.problem.data(lambda *_: None)
    assert str(error.value) == (
        "module 'helper' is first imported while the problem is at work, when its digest has been taken without it: "
        "import it at the top of the file"
    )


def test_a_file_that_shadows_a_library_does_no_harm(write: Write, tmp_path: Path) -> None:
    for name in ("numpy", "colorsys", "torch/__init__", "time"):
        write(f"{name}.py", "raise RuntimeError('shadow')")
    code = "import colorsys, numpy, time, torch\n" + WHOLE + "    name = numpy.__name__ + colorsys.__name__"
    assert loaded(write("p.py", code), path=tmp_path).problem.name == "numpycolorsys"


def test_a_helper_beside_the_file_and_one_in_the_working_directory(write: Write, tmp_path: Path) -> None:
    main = "import beside, below\n" + WHOLE + "    name = beside.name + below.name"
    place = write("deep/p.py", main)
    write("deep/beside.py", "name = 'a'")
    write("beside.py", "name = 'b'")
    write("below.py", "name = 'c'")
    first = loaded(place, path=tmp_path)
    assert first.problem.name == "ac"
    write("below.py", "name = 'd'")
    assert _digest(place, path=tmp_path) != first.identity["source"]
