"""The ratio counts what was reported, in whichever process."""

from __future__ import annotations

from typing import Literal

import pytest

from tests.planted.ratio import CLEAN, PLANTED, ratio


def _report(outcome: Literal["passed", "failed"], *properties: tuple[str, object]) -> pytest.TestReport:
    return pytest.TestReport("t", ("t", 0, "t"), {}, outcome, None, "call", user_properties=properties)


def test_the_ratio() -> None:
    reports = [
        _report("passed", (PLANTED, "runs")),
        _report("passed", (PLANTED, "builds")),
        _report("failed", (PLANTED, "builds")),
        _report("passed", (CLEAN, "a run")),
        _report("failed", (CLEAN, "a release")),
        _report("passed"),
    ]
    assert ratio(reports) == "planted defects: caught 2 of 3 (builds 1, runs 1); alarms in clean runs: 1 of 2"
    assert ratio(reports[5:]) == ""
