"""In what two builds differ besides their bits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from longcon.commands.build_differences import differences
from tests.commands.shelf import build_of, shelve, shelve_command

DIFFERENCES: list[tuple[dict[str, Any], dict[str, tuple[str, str]]]] = [
    ({"replicate": 2}, {"replicate": ("1", "2")}),
    ({"recipe": {"k": 1, "seed": 3}}, {"k": ("2", "1"), "seed": ("0", "3")}),
    ({"recipe": {"layer_norm_epsilon": 0.1}}, {"layer norm epsilon": ("1e-05", "0.1")}),
    ({"recipe": {"widths": (64,)}}, {"widths": ("128, 32", "64")}),
    ({"numeric_class": "b" * 64}, {"numeric class": ("a" * 12, "b" * 12)}),
    (
        {"software": {"torch": "2.13.0", "numpy": "2.4.6"}},
        {"numpy": ("none", "2.4.6")},
    ),
    ({"code": "0" * 32}, {"longcon's code": ("c" * 12, "0" * 12)}),
    (
        {"problem": {"source": "5" * 64, "software": {"scipy": "1.17"}}},
        {"problem's source": ("none", "5" * 12), "problem's software scipy": ("none", "1.17")},
    ),
    ({"killed_after": 1}, {"killed after epoch": ("0", "1")}),
    ({"rebuild_of": "1" * 32}, {"rebuild of": ("none", "1" * 12)}),
    (
        {"record": (0, 2), "keep_best": False, "detail": False, "curvature_every": 8},
        {
            "epochs asked for": ("0, 1, 2", "0, 2"),
            "best epoch kept": ("True", "False"),
            "curvature every": ("0", "8"),
        },
    ),
]


@pytest.mark.parametrize(("other", "told"), DIFFERENCES, ids=[next(iter(told)) for _, told in DIFFERENCES])
def test_what_differs_is_told_with_both_values(
    tmp_path: Path, other: dict[str, Any], told: dict[str, tuple[str, str]]
) -> None:
    a, b = build_of(tmp_path, shelve(tmp_path)), build_of(tmp_path, shelve(tmp_path, **other))
    assert differences(a, b) == told


def test_the_machine_is_told(tmp_path: Path) -> None:
    a, b = build_of(tmp_path, shelve(tmp_path)), build_of(tmp_path, shelve_command(tmp_path))
    assert differences(a, b)["processor"] == ("Some Processor", "none")
