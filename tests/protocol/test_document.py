"""A protocol as a whole: sections that do not fit each other."""

from __future__ import annotations

from pathlib import Path

from tests.protocol.protocol_files import IDENTITY, said


def test_the_curvature_is_that_of_native_training(tmp_path: Path) -> None:
    text = '[advisory]\ncurvature_every = 1\n[recipe]\narithmetic = "portable"'
    assert said(tmp_path, IDENTITY + text) == (
        ", [advisory] curvature_every = 1: The curvature is recorded in native training only: "
        "leave out curvature_every."
    )
