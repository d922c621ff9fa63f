"""The list of cases that a command must score: read as it is written, or refused in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longcon.errors import ProblemError
from longcon.problems.case_list import COLUMNS, LARGEST, read_case_list

GOOD = "case,split,class\n001,holdout,a\n002,holdout,b\n003,prospective,\n004,prospective,b\n005,training,a\n"
LAYOUTS = {
    "plain": GOOD,
    "Windows": GOOD.replace("\n", "\r\n"),
    "with a byte order mark": "\ufeff" + GOOD,
    "other columns and order": "class,age,case,split\na,1,001,holdout\nb,2,002,holdout\n,3,003,prospective\n"
    "b,4,004,prospective\na,5,005,training\n",
    "white space and quotes": GOOD.replace("001,holdout,a", '" 001 ", holdout ," a"').replace("class\n", " class \n"),
    "empty lines": GOOD.replace("\n", "\n\n"),
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "cases.csv"


@pytest.mark.parametrize("text", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_every_layout_says_the_same(file: Path, text: str) -> None:
    file.write_bytes(text.encode())
    found = read_case_list(file)
    assert (found.training, found.holdout, found.prospective) == (("005",), ("001", "002"), ("003", "004"))
    assert found.classes == {"001": "a", "002": "b", "004": "b", "005": "a"}


FAULTS = {
    "empty": (b"", " is empty: give CSV with the columns case, split, class."),
    "not UTF-8": (b"case,split,class\n\xff,holdout,a", " is not UTF-8 (byte 18): save it as UTF-8."),
    "a column is missing": (
        b"case,splt,class\n",
        " lacks column 'split' - did you mean 'splt'?: give case, split, class.",
    ),
    "a column twice": (b"case,case,split,class\n", " has more than one column 'case': give case, split, class."),
    "a short row": (b"case,split,class\n1,holdout\n", ", line 2: 2 fields under 3 columns: give each column one."),
    "no identifier": (b"case,split,class\n ,holdout,a\n", ", line 2: the case has no identifier: give one."),
    "unknown split": (
        b"case,split,class\n1,hold-out,a\n",
        ", line 2: split 'hold-out' of case '1' is unknown - did you mean 'holdout'?: "
        "give training or holdout or prospective.",
    ),
    "no class": (
        b"case,split,class\n1,holdout,\n",
        ", line 2: case '1' of the hold-out has no class: give it, since it finds the cut-off.",
    ),
    "an open quote": (
        b'case,split,class\n"1,holdout,a\n',
        " is no table (unexpected end of data): give CSV with the columns case, split, class.",
    ),
}


@pytest.mark.parametrize(("content", "text"), FAULTS.values(), ids=FAULTS.keys())
def test_what_is_wrong_is_one_sentence(file: Path, content: bytes, text: str) -> None:
    file.write_bytes(content)
    with pytest.raises(ProblemError) as error:
        read_case_list(file)
    assert str(error.value) == f"{file}{text}"


def test_no_file_and_one_that_is_too_large(file: Path) -> None:
    with pytest.raises(ProblemError) as error:
        read_case_list(file)
    assert str(error.value) == (
        f"{file} cannot be read (No such file or directory): give the file of the cases as cases in [problem]."
    )
    with file.open("wb") as opened:
        opened.truncate(LARGEST + 1)
    with pytest.raises(ProblemError) as error:
        read_case_list(file)
    assert str(error.value) == f"{file} is larger than 67,108,864 bytes: no list of cases is, so give another file."


@given(content=st.binary(max_size=200) | st.text(",\n\"' abchold-ut", max_size=200).map(str.encode))
def test_any_bytes_are_a_list_or_a_sentence(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "fuzz.csv"
    file.write_bytes(",".join(COLUMNS).encode() + b"\n" + content)
    told = ""
    try:
        assert set(read_case_list(file).holdout) <= set(read_case_list(file).classes)
    except ProblemError as error:
        told = str(error)
    assert not told or told.startswith(str(file))
