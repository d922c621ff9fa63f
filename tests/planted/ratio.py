"""The ratio that CI shows: how many planted defects were caught, and how many clean runs raised an alarm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pytest

PLANTED, CLEAN = "longcon_planted", "longcon_clean"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints the ratio after a session in which defects were planted, whichever processes planted them."""
    told = [report for reports in terminalreporter.stats.values() for report in reports]
    line = ratio([report for report in told if isinstance(report, pytest.TestReport) and report.when == "call"])
    if line:
        terminalreporter.line(line)


def ratio(reports: Iterable[pytest.TestReport]) -> str:
    """Returns the ratio in one line; empty where nothing was planted."""
    planted, caught, clean, alarms = Counter[str](), Counter[str](), 0, 0
    for report in reports:
        properties = dict(report.user_properties)
        if PLANTED in properties:
            planted[str(properties[PLANTED])] += 1
            caught[str(properties[PLANTED])] += report.passed
        if CLEAN in properties:
            clean += 1
            alarms += not report.passed
    if not planted and not clean:
        return ""
    kinds = ", ".join(f"{kind} {caught[kind]}" for kind in sorted(planted))
    return (
        f"planted defects: caught {caught.total()} of {planted.total()} ({kinds}); "
        f"alarms in clean runs: {alarms} of {clean}"
    )
