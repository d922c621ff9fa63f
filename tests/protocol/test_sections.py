"""What the sections of a protocol refuse, told in the words of the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.protocol.protocol_files import IDENTITY, ids, said

ADVISORY = "LC-PQ-06, LC-PQ-07, LC-PQ-08"
# What stands in the file after its identity, and what is said after the file's name.
REFUSED = [
    (
        "[recipe]\nepochs = 0",
        ", [recipe] epochs = 0: epochs is 0, but training takes at least 1: give epochs = 1 or more.",
    ),
    (
        "[recipe]\nk = [2, 0]",
        ", [recipe] k = [2, 0]: k is 0, but a minibatch holds at least 1 case: give k = 1 or more.",
    ),
    (
        '[recipe]\ndtype = "float16"',
        ", [recipe] dtype = \"float16\": dtype 'float16' is unknown - did you mean 'float64'?: "
        "give float64 or float32.",
    ),
    (
        '[recipe]\narithmetic = "portible"',
        ", [recipe] arithmetic = \"portible\": arithmetic 'portible' is unknown - did you mean 'portable'?: "
        "give native or portable.",
    ),
    (
        "[recipe]\nlearning_rate = nan",
        ", [recipe] learning_rate = nan: learning rate is nan: give learning_rate a number above 0.",
    ),
    (
        "[recipe]\nrelease_epoch = 7\nepochs = 6",
        ", [recipe] release_epoch = 7: release epoch is '7': give release_epoch best, last, or a number from 1 to 6.",
    ),
    ("[recipe]\nseed = -1", ", [recipe] seed = -1: seed is -1, but a seed is not negative: give seed = 0 or more."),
    (
        '[problem]\nname = "gmb"',
        ", [problem] name = \"gmb\": problem 'gmb' is unknown - did you mean 'gbm'?: give gbm, "
        "path/to/file.py:NAME or package.module:NAME.",
    ),
    (
        "[problem]\nfeatures = 0",
        ", [problem] features = 0: features is 0, but a network sees at least 1: give features = 1 or more.",
    ),
    (
        '[devices]\nrequired = ["cpi"]',
        ", [devices] required = [\"cpi\"]: Device 'cpi' is unknown - did you mean 'cpu'?: "
        "give cpu, cuda, cuda:N, all or imported.",
    ),
    (
        '[devices]\nsurrogates = ["oder:1"]',
        ", [devices] surrogates = [\"oder:1\"]: Surrogate 'oder:1' is unknown - did you mean 'order:1'?: "
        "give isa:NAME, mkl:COMPATIBLE, openblas:NAME, order:N or none.",
    ),
    (
        '[advisory]\ngating = ["LC-PQ-01"]',
        ", [advisory] gating = [\"LC-PQ-01\"]: 'LC-PQ-01' is no advisory requirement - did you mean 'LC-PQ-08'?: "
        f"give gating one of {ADVISORY}.",
    ),
    (
        '[advisory]\ngating = ["LC-PQ-07"]',
        ', [advisory] gating = ["LC-PQ-07"]: LC-PQ-07 needs the curvature of every step: '
        "give curvature_every = 1 beside gating = LC-PQ-07.",
    ),
    (
        "[advisory]\ncurvature_every = -1",
        ", [advisory] curvature_every = -1: curvature every is -1: "
        "give curvature_every = 1 for every step, or 0 for none.",
    ),
    (
        f'[problem]\nname = "{"x" * 100}"',
        f", [problem] name = \"{'x' * 59}...: problem '{'x' * 100}' is unknown: give gbm, "
        "path/to/file.py:NAME or package.module:NAME.",
    ),
]


@pytest.mark.parametrize(("text", "sentence"), REFUSED, ids=ids(REFUSED))
def test_what_no_validation_can_have_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    assert said(tmp_path, IDENTITY + text) == sentence
