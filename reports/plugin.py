"""The plugin: header, verdict on the terminal and on top of the HTML report, and the exit code."""

from __future__ import annotations

from collections.abc import Generator
from hashlib import sha256
from pathlib import Path

import pytest

from fixtures.cases import cases
from fixtures.cohorts import DATA, DIGEST, STORE
from fixtures.options import SETTINGS
from longcon.checkout import read_checkout
from longcon.source import code_version
from reports.evidence import Evidence, builds_of, pytest_runtest_makereport
from reports.gate import Circumstances, Decision, objections
from reports.page import described, evidence_html, settings_html, verdict_html

__all__ = ["pytest_runtest_makereport"]

DEFAULT_REPORT = Path("audit", "audit.html")


def pytest_configure(config: pytest.Config) -> None:
    """Gathers evidence on the process that owns the terminal, when validation/ is run."""
    if SETTINGS in config.stash and not hasattr(config, "workerinput"):
        if config.option.collectonly:
            config.option.htmlpath = None
        else:
            _ask_for_html(config)
        evidence = Evidence(config)
        config.pluginmanager.register(evidence, "longcon-evidence")
        config.pluginmanager.register(Report(config, evidence), "longcon-report")


def _ask_for_html(config: pytest.Config) -> None:
    """Makes pytest-html, which is configured later, write one self-contained file where the user named none."""
    if hasattr(config.option, "htmlpath"):
        place = Path(config.invocation_params.dir, config.option.htmlpath or DEFAULT_REPORT)
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            # A report of an earlier run must not outlive a run that ends without one.
            place.unlink(missing_ok=True)
            place.touch()
            place.unlink()
        except OSError as error:
            raise pytest.UsageError(
                f"The report {place} cannot be written ({error.strerror}): give another place by --html=FILE."
            ) from None
        config.option.htmlpath = str(place)
        config.option.self_contained_html = True


class Report:
    """Shows the verdict and gives the exit code.

    Args:
        config: pytest's.
        evidence: what the tests reported.
    """

    def __init__(self, config: pytest.Config, evidence: Evidence) -> None:
        self._config, self._evidence = config, evidence
        self._settings = config.stash[SETTINGS]
        self._checkout = read_checkout()
        self._decision: Decision | None = None

    def pytest_report_header(self) -> list[str]:
        """Shows everything that steers the run, so that a typo shows."""
        rows = described(self._settings, self._config.stash.get(DATA, None), self._config.stash.get(DIGEST, None))
        return [f"longcon {name}: {value}" for name, value in rows]

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, None, None]:
        """Turns the decision into the exit code, before other plugins see it and after they have changed it."""
        code = self._exit_code(session.exitstatus)
        session.exitstatus = code
        yield
        session.exitstatus = code

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Puts itself behind every plugin that came with the tests, so that none says the exit code after it."""
        result = yield
        manager = session.config.pluginmanager
        manager.unregister(self)
        manager.register(self, "longcon-report")
        return result

    def _exit_code(self, found: int | pytest.ExitCode) -> int | pytest.ExitCode:
        """Returns 0 only for a decision that succeeds, 4 for a user's mistake, and what pytest found beyond these."""
        if self._evidence.user_errors:
            return pytest.ExitCode.USAGE_ERROR
        if found not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            return found
        if self._config.option.collectonly:
            return pytest.ExitCode.TESTS_FAILED if self._settings.for_release else found
        return pytest.ExitCode.OK if self.decision.ok else pytest.ExitCode.TESTS_FAILED

    @property
    def decision(self) -> Decision:
        """What follows from the run, decided once, when all its tests have reported."""
        if self._decision is None:
            self._decision = self._decide()
        return self._decision

    def _decide(self) -> Decision:
        given = self._evidence.verdict()
        found, unreadable = builds_of(self._config.stash[STORE], self._evidence.builds)
        run = Circumstances(self._checkout, read_checkout(), code_version(), found, unreadable, self._protocol())
        against = objections(self._settings, cases(self._settings), self._evidence.results, run)
        return Decision(self._settings.for_release, given, against)

    def _protocol(self) -> str | None:
        try:
            return sha256(self._settings.protocol.read_bytes()).hexdigest() if self._settings.protocol else None
        except OSError:
            return None

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Prints the measured figures and the verdict."""
        terminalreporter.section("longcon")
        for error in self._evidence.user_errors:
            terminalreporter.line(f"ERROR: {error}", red=True)
        if self._evidence.user_errors:
            return
        if self._config.option.collectonly:
            terminalreporter.line("Tests were listed and nothing was decided.")
            return
        for key, result in sorted(self._evidence.results.items()):
            if result.evidence is not None and result.outcome == "passed":
                terminalreporter.line(f"{key}: {result.evidence['message']}")
        decision = self.decision
        for reason in (*decision.verdict.notes, *decision.verdict.reasons):
            terminalreporter.line(reason)
        for objection in decision.objections:
            terminalreporter.line(f"stands against a release: {objection}")
        given = decision.verdict
        terminalreporter.line(f"verdict: {given.sentence}", bold=True, green=given.ok, red=not given.ok)
        good = decision.releasable
        terminalreporter.line(f"release: {decision.sentence}", bold=True, green=good, red=decision.asked and not good)

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_report_title(self, report: object) -> None:
        """Names the HTML report."""
        report.title = "longcon validation report"  # type: ignore[attr-defined]

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_summary(self, prefix: list[str]) -> None:
        """Puts the verdict and the evidence on top of the HTML report."""
        prefix.append(verdict_html(self.decision))
        prefix.append(
            settings_html(self._settings, self._config.stash.get(DATA, None), self._config.stash.get(DIGEST, None))
        )
        prefix.append(evidence_html(cases(self._settings), self._evidence.results))
