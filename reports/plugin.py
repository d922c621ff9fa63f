"""The plugin: header, verdict on the terminal and in the audit, and the exit code."""

from __future__ import annotations

from collections.abc import Generator
from datetime import UTC, datetime
from hashlib import sha256

import pytest

from fixtures.cases import cases
from fixtures.cohorts import DATA, DIGEST, STORE
from fixtures.options import SETTINGS, Settings
from longcon.builds.remote_url import without_credentials
from longcon.checkout import read_checkout
from longcon.errors import LongconError
from longcon.source import code_version
from reports.evidence import Evidence, builds_of, pytest_runtest_makereport
from reports.gate import Circumstances, Decision, objections
from reports.header import described
from reports.record import Run
from reports.writer import AuditWriter

__all__ = ["pytest_runtest_makereport"]


def pytest_configure(config: pytest.Config) -> None:
    """Gathers evidence on the process that owns the terminal, when validation/ is run."""
    if SETTINGS in config.stash and not hasattr(config, "workerinput"):
        evidence = Evidence(config)
        report = Report(config, evidence)
        config.pluginmanager.register(evidence, "longcon-evidence")
        config.pluginmanager.register(report, "longcon-report")
        if config.option.collectonly:
            # A list of tests is no run: whatever stands where a report would go stays.
            config.option.htmlpath = None
            return
        try:
            report.writer = AuditWriter(config, config.stash[SETTINGS], report.run)
        except LongconError as error:
            raise pytest.UsageError(str(error)) from None
        config.pluginmanager.register(report.writer, "longcon-audit")


class Report:
    """Shows the verdict and gives the exit code.

    Args:
        config: pytest's.
        evidence: what the tests reported.
    """

    def __init__(self, config: pytest.Config, evidence: Evidence) -> None:
        self._config, self._evidence = config, evidence
        self._checkout = read_checkout()
        self._started = _now()
        self._run: Run | None = None
        self._code: int | pytest.ExitCode = pytest.ExitCode.OK
        self.writer: AuditWriter | None = None

    def pytest_report_header(self) -> list[str]:
        """Shows everything that steers the run, so that a typo shows."""
        rows = described(self._settings, self._config.stash.get(DATA, None), self._config.stash.get(DIGEST, None))
        return [f"longcon {name}: {value}" for name, value in rows]

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, None, None]:
        """Turns the decision into the exit code, before other plugins see it and after they have changed it."""
        self._code = self._exit_code(session.exitstatus)
        session.exitstatus = self._code
        yield
        unwritten = self.writer is not None and self.writer.fault is not None
        session.exitstatus = pytest.ExitCode.USAGE_ERROR if unwritten else self._code

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
    def _settings(self) -> Settings:
        """The settings as they stand: what is trained follows from the problem, which is loaded after the report is."""
        return self._config.stash[SETTINGS]

    @property
    def decision(self) -> Decision:
        """What follows from the run."""
        return self._ended.decision

    def run(self) -> Run | None:
        """Returns the run that has ended; None where nothing was decided, for a user's mistake or one of pytest's."""
        undecided = (pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.INTERNAL_ERROR)
        return None if self._config.option.collectonly or self._code in undecided else self._ended

    @property
    def _ended(self) -> Run:
        """The run, decided once, when all its tests have reported."""
        if self._run is None:
            self._run = self._decide()
        return self._run

    def _decide(self) -> Run:
        given, evidence, expected = self._evidence.verdict(), self._evidence, cases(self._settings)
        found, unreadable = builds_of(self._config.stash[STORE], evidence.builds)
        after = read_checkout()
        seen = Circumstances(self._checkout, after, code_version(), found, unreadable, self._protocol())
        against = objections(self._settings, expected, evidence.results, seen)
        return Run(
            settings=self._settings,
            data=self._config.stash[DATA],
            digest=self._config.stash[DIGEST],
            expected=expected,
            results=evidence.results,
            strange=evidence.strange,
            decision=Decision(self._settings.for_release, given, against),
            builds=found,
            unreadable=unreadable,
            before=self._checkout,
            after=after,
            started=self._started,
            ended=_now(),
            command=[without_credentials(str(argument)) for argument in self._config.invocation_params.args],
            interrupted=self._code == pytest.ExitCode.INTERRUPTED,
        )

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
        self._tell_place(terminalreporter)

    def _tell_place(self, terminalreporter: pytest.TerminalReporter) -> None:
        writer = self.writer
        if writer is not None and writer.fault is not None:
            terminalreporter.line(f"ERROR: {writer.fault}", red=True)
        elif writer is not None and writer.manifest is not None:
            terminalreporter.line(f"audit: {self._settings.audit} (manifest: SHA-256 {writer.manifest})")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
