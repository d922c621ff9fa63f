"""The report's static part: everything from outside is escaped."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fixtures.cases import Case
from fixtures.options import Settings
from longcon.devices import Device
from longcon.protocol import Deviation, Limits
from longcon.requirements import CATALOGUE
from longcon.training import Recipe
from reports.gate import Decision
from reports.page import described, evidence_html, settings_html, verdict_html
from reports.verdict import Result, Verdict


def test_text_from_outside_is_escaped() -> None:
    case = Case(CATALOGUE[1], 2, None)
    evidence = {
        "subject": "<b>cpu</b>",
        "measured": 0.5,
        "limit": None,
        "units": "<i>",
        "lines": ["GSM1 <script>"],
        "evidence": True,
    }
    html = evidence_html([case], {case.key: Result("failed", "m", evidence)})
    assert "&lt;b&gt;cpu" in html
    assert "GSM1 &lt;script&gt;" in html
    assert "<script>" not in html


def test_the_verdict_lists_reasons() -> None:
    html = verdict_html(Decision(False, Verdict("FAIL", "FAIL: one.", ("LC-PQ-01[x]: a < b",))))
    assert "Verdict: FAIL: one." in html
    assert "<li>LC-PQ-01[x]: a &lt; b</li>" in html


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Those of a run without a protocol."""
    return Settings(
        devices=(Device("cpu"),),
        recipes=(Recipe(k=2),),
        limits=Limits(),
        release="best",
        features=60,
        data=None,
        cohort_seed=0,
        store=tmp_path,
        fresh=False,
        for_release=False,
        jobs=1,
        run="r",
        worker=0,
        curvature_every=0,
        required=frozenset(),
    )


def test_without_a_protocol_the_page_says_so_and_the_terminal_nothing(settings: Settings) -> None:
    assert ">protocol</td>" in settings_html(settings, None)
    assert ">none: defaults and command line</td>" in settings_html(settings, None)
    assert [name for name, _ in described(settings, None)] == ["devices", "k", "recipe", "limits", "advisory", "store"]


def test_the_page_shows_the_protocol_and_what_was_said_against_it(settings: Settings) -> None:
    frozen = replace(
        settings, title="A < B", intended_use="To guide.", version="3", protocol=Path("/p.toml"), digest="ab"
    )
    page = settings_html(frozen, None)
    for text in ("A &lt; B", "To guide.", "/p.toml, version 3, SHA-256 ab", ">deviations</td>", ">none</td>"):
        assert text in page, text
    deviating = replace(frozen, deviations=(Deviation("--k", "[2]", "[1]"), Deviation("--p", "0.98", "0.5")))
    assert "--k is [1], in the protocol [2]; --p is 0.5, in the protocol 0.98" in settings_html(deviating, None)
