"""What no limit can be, told in the words of the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.protocol.protocol_files import IDENTITY, ids, said

# What stands in the file after its identity, and what is said after the file's name.
REFUSED = [
    (
        "[limits]\np = 1.5",
        ", [limits] p = 1.5: p is 1.5, but a proportion of consistency lies in (0, 1]: give p = 0.98, say.",
    ),
    (
        "[limits]\nconfidence = 1",
        ", [limits] confidence = 1: confidence is 1, but that of an upper bound lies in [0.5, 1): "
        "give confidence = 0.95, or none for the point estimate.",
    ),
    (
        "[limits]\nsine_tolerance = 0",
        ", [limits] sine_tolerance = 0: sine tolerance is 0, but a sine lies in [0, 1]: "
        "give sine_tolerance a number above 0 and at most 1.",
    ),
    (
        "[limits]\nresidual_threshold = inf",
        ", [limits] residual_threshold = inf: residual threshold is inf: give residual_threshold a number above 0.",
    ),
    (
        "[limits]\nholdout_precision = 0",
        ", [limits] holdout_precision = 0: holdout precision is 0, but a precision lies in (0, 1]: "
        "give a number above 0 and at most 1.",
    ),
]


@pytest.mark.parametrize(("text", "sentence"), REFUSED, ids=ids(REFUSED))
def test_what_no_limit_can_be_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    assert said(tmp_path, IDENTITY + text) == sentence
