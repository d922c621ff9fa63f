"""The gate: a table of circumstances, each of which alone stands against a release."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from fixtures.cases import Case
from fixtures.options import Settings
from longcon.builds import Reference
from longcon.checkout import Checkout
from longcon.devices import Device
from longcon.protocol import Deviation
from longcon.requirements import CATALOGUE
from reports.gate import Circumstances, Decision, objections
from reports.verdict import Result, Verdict
from tests.plain_settings import plain_settings

CLEAN = Checkout("c" * 40)
CALLS = next(entry for entry in CATALOGUE if entry.id == "LC-PQ-03")
CASES = [Case(CALLS, 2, Device("cuda:0"))]
INEFFECTIVE = Result("skipped", "ineffective", {"ok": True, "evidence": False})
PASS, FAIL = Verdict("PASS", "PASS: all."), Verdict("FAIL", "FAIL: one.", ("LC-PQ-03[x]: no",))


@dataclass(frozen=True)
class Trained:
    """Stands where a build stands; the gate asks only for its name and its code."""

    folder: Path = Path("0123")
    title: str = "k=2 float64 on cpu, replicate 1"
    request: dict[str, str] = field(default_factory=lambda: {"code": "now"})
    origin: str = ""


RUN = Circumstances(CLEAN, CLEAN, "now", [Trained()], protocol="d" * 64)  # type: ignore[list-item]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Those of a run that may be released."""
    return plain_settings(
        devices=(Device("cpu"), Device("cuda:0")),
        for_release=True,
        protocol=tmp_path / "protocol.toml",
        digest="d" * 64,
        data_digest="e" * 64,
        required_devices=("cpu", "cuda:0"),
    )


def test_nothing_stands_against_a_run_that_has_everything(settings: Settings) -> None:
    assert objections(settings, CASES, {}, RUN) == ()


Given = tuple[Settings, dict[str, Result], Circumstances]
Change = Callable[[Settings], Given]


def _settings(**fields: Any) -> Change:
    return lambda settings: (replace(settings, **fields), {}, RUN)


def _run(**fields: Any) -> Change:
    return lambda settings: (settings, {}, replace(RUN, **fields))


AGAINST: list[tuple[str, Change, str]] = [
    (
        "no protocol",
        _settings(protocol=None),
        "no protocol was given, so nobody has set the limits before the run: give --protocol=FILE.",
    ),
    (
        "a protocol that changed during the run",
        lambda settings: (replace(settings, protocol=Path("p.toml")), {}, replace(RUN, protocol="a" * 64)),
        "p.toml changed during the run, so it is not the protocol that ran: run again.",
    ),
    (
        "no digest of the data",
        _settings(data_digest=None),
        "the protocol says no digest of the data, so others could stand in for them: give digest in [problem].",
    ),
    (
        "a deviation",
        _settings(deviations=(Deviation("--p", "0.98", "0.9"),)),
        "the run deviates from its protocol: --p is 0.9, in the protocol 0.98.",
    ),
    (
        "all devices",
        _settings(required_devices=("all",)),
        "the protocol requires 'all' devices, which names none: name each device that must have passed.",
    ),
    (
        "imported devices",
        _settings(required_devices=("cpu", "imported")),
        "the protocol requires 'imported' devices, which names none: name each device that must have passed.",
    ),
    (
        "a required device that is no other device",
        lambda settings: (settings, {CASES[0].key: INEFFECTIVE}, RUN),
        "LC-PQ-03[cuda:0-k2]: this device computes like the original's, so it shows nothing.",
    ),
    (
        "a changed file",
        _run(before=replace(CLEAN, changes=("a.py",)), after=replace(CLEAN, changes=("a.py",))),
        "the checkout is not clean, 1 file is not as committed (a.py): commit or remove the changes.",
    ),
    (
        "a file that changed during the run",
        _run(after=replace(CLEAN, changes=("a.py",))),
        "the checkout changed during the run, so what ran cannot be told: run again.",
    ),
    (
        "no commit",
        _run(before=Checkout(None), after=Checkout(None)),
        "the checkout is under no commit of git, so what ran cannot be found again: run from a clone.",
    ),
    (
        "a build of other code",
        _run(builds=[Trained(request={"code": "then"})]),
        "build 0123 (k=2 float64 on cpu, replicate 1) was trained by another version of longcon's code (then, not "
        "now): run with --fresh.",
    ),
    (
        "a build of other code from elsewhere",
        _run(builds=[Trained(request={"code": "then"}, origin="site-b")]),
        "build 0123 (k=2 float64 on cpu, replicate 1) was trained by another version of longcon's code (then, not "
        "now): take that version.",
    ),
    (
        "a reference without an audit",
        _settings(released=Reference("0123", "m", 4, 0.5, "a", "2026-01-01T00:00:00Z", "N. N.", None)),
        "the reference 0123 was marked without an audit, so nothing shows that it may be relied on: release it by "
        "python -m longcon release BUILD --audit=FOLDER.",
    ),
    (
        "a build that cannot be read",
        _run(unreadable=["Build 4 was altered: x; restore it."]),
        "Build 4 was altered: x; restore it.",
    ),
    ("no build", _run(builds=[]), "no build is on record, so nothing was compared: run the whole of validation/."),
]


@pytest.mark.parametrize(("change", "said"), [case[1:] for case in AGAINST], ids=[case[0] for case in AGAINST])
def test_each_stands_against_a_release(settings: Settings, change: Change, said: str) -> None:
    given, results, run = change(settings)
    assert objections(given, CASES, results, run) == (said,)


DECISIONS = [
    (Decision(True, PASS), "released.", True),
    (Decision(True, PASS, ("a.",)), "not released: 1 reason.", False),
    (Decision(True, FAIL, ("a.",)), "not released: 2 reasons.", False),
    (Decision(False, PASS), "provisional - not for signature: nothing else stands against --release.", True),
    (
        Decision(False, PASS, ("a.",)),
        "provisional - not for signature: --release would be refused for 1 reason.",
        True,
    ),
    (Decision(False, FAIL), "provisional - not for signature: --release would be refused for 1 reason.", False),
]


@pytest.mark.parametrize(("decision", "sentence", "ok"), DECISIONS, ids=map(str, range(len(DECISIONS))))
def test_a_decision_in_one_sentence(decision: Decision, sentence: str, ok: bool) -> None:
    assert (decision.sentence, decision.ok) == (sentence, ok)
    assert decision.ok is decision.releasable or not decision.asked
