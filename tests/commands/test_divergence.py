"""``python -m longcon divergence`` on a small simulated cohort, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from longcon.__main__ import main
from longcon.builds import Build
from longcon.commands.divergence import _as_json
from longcon.divergence import compare, study, update_at
from longcon.problems import ProblemData
from tests.divergence.planted import EPOCH, Arrays, Plant

SMALL = ("--features=60", "--epochs=2", "--k=8", "--curvature-every=10", "--jobs=2")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("divergence") / "store"


@pytest.mark.slow
def test_pairs_are_told_in_words_and_in_json(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ("divergence", f"--store={store}", "--surrogate=order:2", "--orders=1", *SMALL)
    assert main(options) == 0
    text = capsys.readouterr().out
    assert text.startswith("k=8 float64 on cpu, replicate 1: released epoch ")
    for device in ("order:1", "order:2"):
        assert f"\nk=8 float64 on cpu+{device}, replicate 1 against cpu\n  first bit that differs   update " in text
    assert "\n  divergence               none: together at the end\n" in text
    assert "orders of summation that part by the last epoch: 0 of 2 (0%; 95% interval 0% to 84.2%)" in text
    assert text.endswith("  no pair parts, so there is no growth to explain\n")

    assert main([*options, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)[0]
    assert [pair["device"] for pair in found["pairs"]] == ["cpu+order:2", "cpu+order:1"]
    assert found["pairs"][0]["onset"]["step"] is None
    assert found["pairs"][0]["burdens"] == []
    assert found["together"]["parted"]["trials"] == 2


@pytest.mark.slow
def test_a_pair_that_parts_is_told_in_json(detailed: tuple[Build, Build], plant: Plant, problem: ProblemData) -> None:
    def part(trajectory: Arrays, detail: Arrays) -> None:
        trajectory["sketches"][60:] += 0.1 * np.linalg.norm(trajectory["sketches"][0])
        trajectory["digests"][60:] += np.uint64(1)
        detail["moments"][60:] += 1e-3

    pair = compare(detailed[0], plant(part), 2.0**-26)
    names = {position: (f"case {position}",) for position in range(EPOCH)}
    together = study([pair], 2, 1e-4, 2.0**-26)
    told = _as_json(detailed[0], [pair], [update_at(pair, 59, problem)], together, names, problem)
    found = json.loads(json.dumps(told, allow_nan=False))
    assert found["pairs"][0]["onset"]["parted"] == 60
    assert found["pairs"][0]["at_onset"]["number"] == 59
    assert found["pairs"][0]["burdens"][0]["cases"] == ["case 2"]
    assert {"update": 59, "cases": ["case 2"]}.items() <= found["pairs"][0]["bursts"][-1].items()
    assert found["together"]["hardest_cases"] == [["case 2"]]


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ("--orders=-1", "--orders is -1, but must be at least 0: give --orders=0 or more."),
        ("--learning-rate=fast", "--learning-rate is 'fast', which is not a number: give one such as 0.01."),
        ("--weight-decay=-1", "weight decay is -1: give --weight-decay a number of at least 0."),
        ("--surrogat=order:1", "Option '--surrogat' is unknown - did you mean '--surrogate'?: "
         "python -m longcon divergence --help lists them."),
        ("--surrogate=oder:1", "Surrogate 'oder:1' is unknown - did you mean 'order:1'?: "
         "give isa:NAME, mkl:COMPATIBLE, openblas:NAME, order:N or none."),
        ("--dtype=float16", "dtype 'float16' is unknown - did you mean 'float64'?: give float64 or float32."),
    ],
)  # fmt: skip
def test_mistakes_are_one_sentence(option: str, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["divergence", option]) == 4
    assert capsys.readouterr().err == f"ERROR: {text}\n"
