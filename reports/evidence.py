"""Evidence: gathers what every test reports, in whichever process it ran."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Generator, Iterable

import pytest

from fixtures.cases import cases
from fixtures.options import SETTINGS, USER_ERRORS
from longcon.builds import Build, Store
from longcon.errors import LongconError, StoreError
from reports.verdict import Result, Verdict, verdict


class Evidence:
    """Results by case, gathered from reports; registered as a plugin on the process that owns the terminal.

    Args:
        config: pytest's.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self.results: dict[str, Result] = {}
        self.user_errors: list[str] = []
        self.strange: list[str] = []
        self.builds: set[str] = set()

    def verdict(self) -> Verdict:
        """Returns the verdict on what was gathered so far."""
        settings = self._config.stash[SETTINGS]
        deviations = [deviation.text for deviation in settings.deviations]
        command = settings.command
        of_command = command is not None and not command.command.uses("k")
        return verdict(cases(settings), self.results, self.strange, deviations, of_command)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keeps errors of collection."""
        told = getattr(report, "longcon_user_error", None)
        if told is not None:
            self._keep_user_error(str(told))
        elif report.failed:
            self.strange.append(f"{report.nodeid}: could not be collected")

    @pytest.hookimpl(tryfirst=True)  # before the terminal and the reports show it
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keeps a test's outcome; whatever fails after a pass, such as its teardown, counts as a failure."""
        told = dict(report.user_properties)
        error = told.get("longcon_user_error")
        if error:
            self._keep_user_error(str(error))
        case = told.get("longcon_case")
        self.builds.update(json.loads(str(told.get("longcon_builds", "[]"))))
        if report.when != "call" and not report.failed and not report.skipped:
            return
        if report.failed and isinstance(report.longrepr, str) and not error:
            report.longrepr += f"\nrepeat: {self._command(report.nodeid)}"
        if case is None:
            if report.failed:
                self.strange.append(f"{report.nodeid}: failed")
            return
        text = told.get("longcon_outcome")
        evidence = json.loads(str(text)) if text else None
        # An expected failure is no pass, and an unexpected pass decides nothing either.
        outcome = "skipped" if hasattr(report, "wasxfail") else report.outcome
        known = self.results.get(str(case))
        if known is None or known.outcome != "failed":  # a test run again does not undo its failure
            self.results[str(case)] = Result(outcome, _message(report, evidence), evidence)

    def _command(self, nodeid: str) -> str:
        """Returns the command that repeats one test with the options of this run."""
        params = self._config.invocation_params
        options = [argument for argument in map(str, params.args) if argument not in self._config.args]
        path, _, name = nodeid.partition("::")
        place = os.path.relpath(self._config.rootpath / path, params.dir)
        return shlex.join(["pytest", f"{place}::{name}", *options])

    def _keep_user_error(self, error: str) -> None:
        if error not in self.user_errors:
            self.user_errors.append(error)


def builds_of(store: Store, keys: Iterable[str]) -> tuple[tuple[Build, ...], tuple[str, ...]]:
    """Returns the builds with these keys, and a sentence for each that can no longer be read."""
    found: list[Build] = []
    unreadable: list[str] = []
    for key in sorted(keys):
        try:
            build = store.read(key)
        except StoreError as error:
            unreadable.append(str(error))
        else:
            found.append(build)
    return tuple(found), tuple(unreadable)


def _message(report: pytest.TestReport, evidence: dict[str, object] | None) -> str:
    if evidence is not None and (hasattr(report, "wasxfail") or not report.skipped):
        return str(evidence["message"])
    if isinstance(report.longrepr, tuple):  # a skip: path, line, reason
        return str(report.longrepr[2]).removeprefix("Skipped: ")
    return str(report.longrepr or "").strip()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Shows a finding as its message and a user's mistake as its sentence, neither with a traceback."""
    report = yield
    error = call.excinfo.value if call.excinfo else None
    if report.failed and isinstance(error, LongconError):
        report.longrepr = str(error)
        if isinstance(error, USER_ERRORS):
            report.user_properties.append(("longcon_user_error", str(error)))
            item.session.shouldstop = str(error)
    elif report.failed and isinstance(error, AssertionError):
        text = dict(report.user_properties).get("longcon_outcome")
        evidence = json.loads(str(text)) if text else None
        if evidence and not evidence["ok"]:
            report.longrepr = "\n".join([evidence["message"], *evidence["lines"]])
    return report
