"""The report's static part: everything from outside is escaped."""

from __future__ import annotations

from fixtures.cases import Case
from longcon.requirements import CATALOGUE
from reports.page import evidence_html, verdict_html
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
    html = verdict_html(Verdict("FAIL", "FAIL: one.", ("LC-PQ-01[x]: a < b",)))
    assert "Verdict: FAIL: one." in html
    assert "<li>LC-PQ-01[x]: a &lt; b</li>" in html
