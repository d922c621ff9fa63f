"""`longcon compare`: two builds side by side, in words and in JSON, and what it refuses."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from longcon.__main__ import main
from longcon.builds import Campaign
from longcon.checks import cutoff_of, sine_curve
from longcon.problems import ProblemData
from tests.commands.shelf import ROSTER, names_in, shelve, shelve_command

Captured = pytest.CaptureFixture[str]

GOLDEN = """\
A                          {a}  k=2 float64 on cpu, replicate 1
B                          {b}  k=1 float64 on cpu+order:1, replicate 1
differ in                  k (2, 1), device (cpu, cpu+order:1), numeric class (aaaaaaaaaaaa, bbbbbbbbbbbb), \
torch (2.13.0, 2.14.0), best epoch kept (True, False)
epoch                      1, A's best; both keep 0, 1, 2
vector sine                6.00e-01 between 2 parameters each
first other bit            at epoch 1, in w: 2 of 2 values differ, first at (0,): 1.0 against 2.0 (largest difference: \
4,503,599,627,370,496 ulp)
update by update           not compared: an update of one is no update of the other, since k differs
tau                        0.6000, found on the hold-out of A
calls                      on 5 prospective cases
  concordant               2
  discordant               1
  conclusive in only some  2
  conclusive in none       0
discrepancy rate           33.33% of 3 reportable calls, upper 95% bound 86.46%
discordant cases
  case  A         B
  p1    a 0.7000  b 0.7000
crossed tau, so that one alone reports them
  case  A         B
  p2    a 0.5000  a 0.7500
  p4    b 0.9500  b 0.5500
A and B differ in 1 of 3 calls that both would report; this is a comparison, not a verdict.
"""
OTHER: dict[str, Any] = {"device": "cpu+order:1", "numeric_class": "b" * 64, "seconds": 1.5, "keep_best": False}


def _lines(capsys: Captured) -> dict[str, str]:
    """Returns what was told, by the name that begins each line."""
    return {line[:27].strip(): line[27:] for line in capsys.readouterr().out.splitlines()}


def test_two_builds_in_words(tmp_path: Path, capsys: Captured) -> None:
    a = shelve(tmp_path)
    b = shelve(
        tmp_path,
        **OTHER,
        recipe={"k": 1},
        weights=(2.0, 1.0),
        prospective=(0.95, 0.3, 0.75, 0.25, 0.45),
        software={"torch": "2.14.0"},
    )
    before = names_in(tmp_path)
    assert main(["compare", a[:8], b[:8], f"--store={tmp_path}"]) == 0
    assert capsys.readouterr() == (GOLDEN.format(a=a[:12], b=b[:12]), "")
    assert names_in(tmp_path) == before


def test_trained_builds_in_json(trained: Campaign, copied_store: Path, problem: ProblemData, capsys: Captured) -> None:
    original, rebuild = (trained.build(device, 2, 1) for device in trained.plan.devices)
    keys = (original.folder.name, rebuild.folder.name)
    assert main(["compare", *keys, f"--store={copied_store}", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    epoch = original.best_epoch
    assert found["a"] == {"key": keys[0], "title": original.title, "released": False}
    assert found["b"] == {"key": keys[1], "title": rebuild.title, "released": False}
    assert found["differ_in"]["device"] == ["cpu", "cpu+order:1"]
    assert found["same_numeric_class"] is (original.numeric_class == rebuild.numeric_class)
    assert (found["epoch"], found["shared_epochs"]) == (epoch, [0, 1, 2, 4, 5])
    assert found["parameters"]["vector_sine"] == sine_curve(original, rebuild)[epoch]
    assert found["calls"]["tau"] == cutoff_of(original, epoch, problem).tau
    assert found["calls"]["cases"] == 12
    assert found["no_calls"] is None
    assert found["sentence"].endswith("; this is a comparison, not a verdict.")


def test_the_same_numeric_class_shows_nothing(tmp_path: Path, capsys: Captured) -> None:
    a, b = shelve(tmp_path), shelve(tmp_path, replicate=2, seconds=1.5)
    assert main(["compare", a, b, f"--store={tmp_path}"]) == 0
    told = _lines(capsys)
    assert told["differ in"] == "replicate (1, 2)"
    assert told["numeric class"] == "the same on both sides, so agreement shows nothing about other hardware"
    assert told["first other bit"] == "none at any epoch that both keep"
    assert told["update by update"] == "no other bit after any of 2 updates"
    assert told["A and B make the same 4 cal"] == (
        "ls wherever both would report one; this is a comparison, not a verdict."
    )


STEPS = [
    ((9, 2, 3), "other bits from the initial state on"),
    ((1, 2, 4), "other bits after update 2 of 2, not before"),
]


@pytest.mark.parametrize(("digests", "text"), STEPS)
def test_the_first_update_that_differs(tmp_path: Path, digests: tuple[int, ...], text: str, capsys: Captured) -> None:
    a, b = shelve(tmp_path), shelve(tmp_path, **OTHER, digests=digests)
    assert main(["compare", a, b, f"--store={tmp_path}"]) == 0
    assert _lines(capsys)["update by update"] == text


EPOCHS: list[tuple[dict[str, Any], tuple[str, ...], str]] = [
    ({}, (), "1, A's best; both keep 0, 1, 2"),
    ({}, ("--epoch=2",), "2, the last that both keep; both keep 0, 1, 2"),
    ({}, ("--epoch=0",), "0, as --epoch says; both keep 0, 1, 2"),
    ({"keep_best": False}, (), "2, the last that both keep; both keep 0, 1, 2"),
]


@pytest.mark.parametrize(("first", "options", "text"), EPOCHS)
def test_the_epoch(
    tmp_path: Path, first: dict[str, Any], options: tuple[str, ...], text: str, capsys: Captured
) -> None:
    a, b = shelve(tmp_path, **first), shelve(tmp_path, **OTHER)
    assert main(["compare", a, b, f"--store={tmp_path}", *options]) == 0
    assert _lines(capsys)["epoch"] == text


def test_a_released_build_is_the_reference(tmp_path: Path, capsys: Captured) -> None:
    a, b = shelve(tmp_path), shelve(tmp_path, **OTHER)
    assert main(["release", a, f"--store={tmp_path}", "--epoch=2"]) == 0
    capsys.readouterr()
    for options in ([], ["--epoch=2"]):
        assert main(["compare", a, b, f"--store={tmp_path}", *options]) == 0
        told = _lines(capsys)
        assert told["A"] == f"{a[:12]}  k=2 float64 on cpu, replicate 1, released"
        assert told["epoch"] == "2, at which A is released; both keep 0, 1, 2"
        assert told["tau"] == "0.6000, as A is released"
    assert main(["compare", a, b, f"--store={tmp_path}", "--epoch=1"]) == 4
    assert capsys.readouterr().err == (f"ERROR: --epoch is 1, but A ({a}) is released at epoch 2: leave --epoch out.\n")


def test_without_a_tau_the_parameters_are_compared(tmp_path: Path, capsys: Captured) -> None:
    a, b = shelve(tmp_path, holdout=(0.1, 0.2, 0.9, 0.8)), shelve(tmp_path, **OTHER)
    assert main(["compare", a, b, f"--store={tmp_path}"]) == 0
    out = capsys.readouterr().out
    assert (
        "\ntau                        none, so calls are not compared: No cut-off has precision 1 on the hold-" in out
    )
    assert out.splitlines()[-1] == (
        "The parameters were compared and the calls were not; this is a comparison, not a verdict."
    )
    assert main(["compare", a, b, f"--store={tmp_path}", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["calls"] is None


def test_networks_that_differ_have_no_sine(tmp_path: Path, capsys: Captured) -> None:
    a, b = shelve(tmp_path), shelve(tmp_path, **OTHER, weights=(1.0, 2.0, 3.0))
    assert main(["compare", a, b, f"--store={tmp_path}"]) == 0
    told = _lines(capsys)
    assert told["vector sine"] == "not defined: their networks differ in the names or shapes of their parameters"
    assert not {"first other bit", "update by update"} & told.keys()
    assert told["concordant"] == "4"


def test_commands_without_parameters_have_calls(tmp_path: Path, capsys: Captured) -> None:
    a = shelve_command(tmp_path)
    b = shelve_command(tmp_path, seconds=3.5, device="cpu+openblas:Prescott")
    assert main(["compare", a, b, f"--store={tmp_path}"]) == 0
    told = _lines(capsys)
    assert told["vector sine"] == "not defined: the command of A and of B left no parameters"
    assert told["first other bit"] == "none at any epoch that both keep"
    assert told["discrepancy rate"].startswith("0.00% of 4 reportable calls")


def test_where_neither_reports_a_case(tmp_path: Path, capsys: Captured) -> None:
    a, b = shelve(tmp_path, prospective=(0.5,) * 5), shelve(tmp_path, **OTHER, prospective=(0.5,) * 5)
    assert main(["compare", a, b, f"--store={tmp_path}"]) == 0
    told = _lines(capsys)
    assert told["discrepancy rate"] == "no rate of 0 reportable calls, upper 95% bound 100.00%"
    assert "There is no case that both" in told


def test_what_cannot_be_compared_is_one_sentence(tmp_path: Path, capsys: Captured) -> None:
    a = shelve(tmp_path)
    of = "k=2 float64 on cpu, replicate 1"
    others = shelve(tmp_path, data="e" * 64, seconds=1.5)
    copy = shelve(tmp_path, replicate=2)
    fewer = shelve(tmp_path, **{**OTHER, "epochs": (0, 2)})
    mistakes = {
        (): "No build was given: give two of the store, python -m longcon compare 1f2e 9a0b.",
        (a,): "One build was given: give two of the store, python -m longcon compare 1f2e 9a0b.",
        (a, a, a): "3 builds were given: give two of the store, python -m longcon compare 1f2e 9a0b.",
        (a, a[:9]): f"Build {a} was to be compared with itself: compare two builds.",
        (a, others): (
            f"Builds {a} ({of}) and {others} ({of}) were trained on other data: compare builds of one problem's data."
        ),
        (a, copy): (
            f"k=2 float64 on cpu, replicate 2 is a copy of {of}: both say that their training took 1.25 s, to the last "
            "digit; run again with --fresh."
        ),
        (a, fewer): (
            f"Build {fewer} (k=2 float64 on cpu+order:1, replicate 1) keeps no epoch 1: both keep 0, 2, so give one of "
            "these as --epoch."
        ),
    }
    for arguments, sentence in mistakes.items():
        assert main(["compare", *arguments, f"--store={tmp_path}"]) == 4
        assert capsys.readouterr() == ("", f"ERROR: {sentence}\n")


def test_names_of_cases_are_not_obeyed_by_a_terminal(tmp_path: Path, capsys: Captured) -> None:
    roster = replace(ROSTER, prospective_cases=("\x1b[2J", "p1", "p2", "p3", "p4"))
    a = shelve(tmp_path, roster=roster)
    b = shelve(tmp_path, **OTHER, roster=roster, prospective=(0.05, 0.7, 0.5, 0.25, 0.05))
    assert main(["compare", a, b, f"--store={tmp_path}"]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "  '\\x1b[2J'  a 0.9500  b 0.9500\n" in out
