from __future__ import annotations

from typing import Any

import pytest

from longcon.cohorts.table_columns import Columns, Request, chosen_columns, shown
from longcon.errors import CohortError

NAMES = ["id", " age", "beta ", "class"]


def request(
    case: str | None = None,
    label: str | None = None,
    features: tuple[str, ...] | None = None,
    leave_out: tuple[str, ...] = (),
) -> Request:
    return Request(case, label, features, leave_out, 1 << 30)


@pytest.mark.parametrize(
    ("asked", "case", "label", "features"),
    [
        ({}, 0, None, (1, 2, 3)),
        ({"label": "class"}, 0, 3, (1, 2)),
        ({"case": "class", "label": "id"}, 3, 0, (1, 2)),
        ({"features": ("beta", "age")}, 0, None, (2, 1)),
        ({"features": ("beta", "age"), "leave_out": ("beta", "id")}, 0, None, (1,)),
    ],
)
def test_columns_are_found_by_name(asked: dict[str, Any], case: int, label: int | None, features: Any) -> None:
    found = chosen_columns("t.csv", NAMES, request(**asked))
    assert found == Columns(("id", "age", "beta", "class"), case, label, features)


BAD: dict[str, tuple[list[str], dict[str, Any], str]] = {
    "unknown case": (NAMES, {"case": "clas"}, "t.csv has no column 'clas' - did you mean 'class'?"),
    "unknown label": (
        NAMES,
        {"label": "diagnosis"},
        "t.csv has no column 'diagnosis'; name one of 'id', 'age', 'beta', 'class'.",
    ),
    "unknown feature": (NAMES, {"features": ("bta",)}, "t.csv has no column 'bta' - did you mean 'beta'?"),
    "unknown left out": (NAMES, {"leave_out": ("ages",)}, "t.csv has no column 'ages' - did you mean 'age'?"),
    "many columns": (
        [f"c{number}" for number in range(9)],
        {"case": "zzz"},
        "t.csv has no column 'zzz'; name one of 'c0', 'c1', 'c2', 'c3', 'c4' and 4 more.",
    ),
    "twice": (["id", "x", " x"], {}, "t.csv has the column 'x' twice; rename or remove one of them."),
    "one for two": (
        NAMES,
        {"label": "id"},
        "t.csv: column 'id' is named for identifiers and for classes; name two columns.",
    ),
    "asked twice": (NAMES, {"features": ("age", "age ")}, "t.csv: column 'age ' is asked for twice; name it once."),
    "identifiers measured": (
        NAMES,
        {"features": ("id",)},
        "t.csv: column 'id' holds the identifiers and cannot be a measurement too; name other columns.",
    ),
    "classes measured": (
        NAMES,
        {"label": "class", "features": ("class",)},
        "t.csv: column 'class' holds the classes and cannot be a measurement too; name other columns.",
    ),
    "nothing left": (
        NAMES,
        {"features": ("age",), "leave_out": ("age",)},
        "t.csv has no measurement left; name at least one column, or leave fewer out.",
    ),
    "nothing asked": (
        NAMES,
        {"features": ()},
        "t.csv has no measurement left; name at least one column, or leave fewer out.",
    ),
    "no name": (["id", "x", " "], {}, "t.csv: column 3 has no name; give it one."),
    "two without a name": (["id", "", "x", " "], {}, "t.csv: column 4 has no name; give it one."),
}


@pytest.mark.parametrize(("names", "asked", "message"), BAD.values(), ids=BAD)
def test_a_wrong_request_is_said_in_one_sentence(names: list[str], asked: dict[str, Any], message: str) -> None:
    with pytest.raises(CohortError) as caught:
        chosen_columns("t.csv", names, request(**asked))
    assert str(caught.value) == message


def test_the_identifiers_may_stand_in_a_column_without_a_name() -> None:
    assert chosen_columns("t.csv", ["", "x"], request()) == Columns(("", "x"), 0, None, (1,))


def test_a_message_shows_a_short_and_printable_name() -> None:
    assert shown("a\x1b[31m\n" + "b" * 70) == "a?[31m?" + "b" * 53 + "..."
