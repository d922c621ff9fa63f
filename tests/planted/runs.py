"""Runs that are wrong: tests hidden, skipped or talked out of failing, by options, variables, plugins and files."""

from __future__ import annotations

from collections.abc import Mapping

from tests.planted.bench import ORDER, Bench, altered, passed_off
from tests.planted.defect import NOTHING, Defect, Found
from tests.planted.parameters import one_ulp
from tests.small_store import Run

_PLUGIN = "planted_plugin"


def found(run: Run, by: str) -> Found:
    """Returns what a run came to: its exit code decides whether anything was caught, its lines by what."""
    lines = run.output.splitlines()
    told = [line.removeprefix("ERROR: ") for line in lines]
    caught = run.code != 0 and not any(line.startswith("release: released") for line in lines)
    return Found(by if caught else NOTHING, tuple(told))


def _run(
    bench: Bench,
    *options: str,
    by: str = "verdict",
    plugin: str = "",
    environment: Mapping[str, str] | None = None,
) -> Found:
    """Runs the validation of builds that pass, made wrong by options, variables or a plugin."""
    if plugin:
        (bench.place / f"{_PLUGIN}.py").write_text(f"import pytest\n{plugin}")
        options = (*options, "-p", _PLUGIN)
    return found(bench.driver.run(bench.store, *options, environment=environment), by)


def _failing(bench: Bench, *options: str, plugin: str = "") -> Found:
    """Runs it on builds of which one replicate has another bit."""
    altered(bench.copy(replicate=2), {"state-0004.safetensors": one_ulp})
    return _run(bench, *options, by="LC-OQ-02", plugin=plugin)


def _lying_device(bench: Bench) -> Found:
    for replicate, seconds in ((1, 1.25), (2, 1.5)):
        passed_off(bench.true(), bench.copy(ORDER, replicate), seconds=seconds)
    return _run(bench)


def _without_a_test_file(bench: Bench) -> Found:
    return found(bench.driver.run(bench.store, target="validation/pq"), "verdict")


def _foreign_conftest(bench: Bench) -> Found:
    """An exit code of 0, said as late as a plugin can say it."""
    text = (
        "import pytest\n@pytest.hookimpl(wrapper=True, tryfirst=True)\ndef pytest_sessionfinish(session):\n"
        "    yield\n    session.exitstatus = 0\n"
    )
    (bench.driver.commit / "validation" / "pq" / "conftest.py").write_text(text)
    try:
        return _failing(bench)
    finally:
        bench.driver.restore()


_ASSERTS_STRIPPED = {"PYTHONOPTIMIZE": "1"}


def _python_optimised(bench: Bench) -> Found:
    altered(bench.copy(replicate=2), {"state-0004.safetensors": one_ulp})
    run = bench.driver.run(bench.store, "--assert=plain", environment=_ASSERTS_STRIPPED, python=("-O",))
    return found(run, "LC-OQ-02")


_SKIP = "def pytest_collection_modifyitems(items):\n    items[3].add_marker(pytest.mark.skip(reason='not today'))\n"
_XFAIL = """
def pytest_collection_modifyitems(items):
    for item in items:
        item.add_marker(pytest.mark.xfail(reason="known", strict=False))
"""
_PASSES = """
@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item, call):
    report = yield
    report.outcome, report.longrepr = "passed", None
    return report
"""
_EXIT_CODE = """
@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    session.exitstatus = 0
"""
_EMPTY = """
@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc):
    if metafunc.function.__name__ == "test_sine_is_below_tolerance":
        parametrize = metafunc.parametrize
        metafunc.parametrize = lambda names, values, **more: parametrize(names, [], **more)
"""
_NOTHING_EXPECTED = """
import reports.evidence
reports.evidence.cases, kept = (lambda _: ()), reports.evidence.cases
def pytest_unconfigure():
    reports.evidence.cases = kept
"""
_REMOVES = "def pytest_collection_modifyitems(items):\n    items[:] = [i for i in items if 'calls' not in i.name]\n"
_ONE_BIT = (
    "k=2 float64 on cpu, replicate 1 against replicate 2: states differ at epoch 4 in 0.weight: 1 of 38,400 values "
    "differ, first at (3, 7): {number} against {number} (1 ulp); likely cause: a nondeterministic operation, another "
    "thread count or an altered build; run again with --fresh."
)
_FAILED = f"LC-OQ-02[cpu-k2]: {_ONE_BIT}"


def _incomplete(passed: int, lacking: int, word: str = "INCOMPLETE", more: str = "") -> str:
    return (
        f"verdict: {word}: k = 2: {passed} of 22 checks passed{more}; {lacking} required checks have no evidence, so "
        "nothing may be released on this run."
    )


DEFECTS = (
    Defect(
        "a deselected check",
        "--deselect of the sine",
        lambda bench: _run(bench, "--deselect=validation/pq/test_performance.py::test_sine_is_below_tolerance"),
        "verdict",
        _incomplete(21, 1),
    ),
    Defect(
        "checks left out by name",
        "-k 'not calls and not sine'",
        lambda bench: _run(bench, "-k", "not calls and not sine"),
        "verdict",
        _incomplete(20, 2),
    ),
    Defect(
        "checks left out by marker",
        "-m 'not requirement'",
        lambda bench: _run(bench, "-m", "not requirement"),
        "verdict",
        _incomplete(0, 19),
    ),
    Defect(
        "options in a variable",
        "PYTEST_ADDOPTS='-k identical'",
        lambda bench: _run(bench, environment={"PYTEST_ADDOPTS": "-k identical"}),
        "verdict",
        _incomplete(5, 14),
    ),
    Defect(
        "a part of the validation",
        "the folder that was run: validation/pq",
        _without_a_test_file,
        "verdict",
        _incomplete(7, 15),
    ),
    Defect(
        "a skip marker",
        "a plugin that skips the fourth test",
        lambda bench: _run(bench, plugin=_SKIP),
        "verdict",
        "LC-IQ-03[run]: not today",
    ),
    Defect(
        "tests removed by a plugin",
        "a plugin that takes tests out of the collection",
        lambda bench: _run(bench, plugin=_REMOVES),
        "verdict",
        _incomplete(21, 1),
    ),
    Defect(
        "an expected failure",
        "a plugin that marks every test as xfail, and one bit in a replicate",
        lambda bench: _failing(bench, plugin=_XFAIL),
        "LC-OQ-02",
        _FAILED,
    ),
    Defect(
        "failures turned into passes",
        "a plugin that reports every test as passed, and one bit in a replicate",
        lambda bench: _failing(bench, plugin=_PASSES),
        "LC-OQ-02",
        _FAILED,
    ),
    Defect(
        "another exit code",
        "a plugin that makes the exit code 0, and one bit in a replicate",
        lambda bench: _failing(bench, plugin=_EXIT_CODE),
        "LC-OQ-02",
        _FAILED,
    ),
    Defect(
        "another exit code, from a file of tests",
        "an untracked validation/pq/conftest.py that makes the exit code 0 last, and one bit in a replicate",
        _foreign_conftest,
        "LC-OQ-02",
        _FAILED,
    ),
    Defect(
        "the first failure ends the run",
        "--maxfail=1, and one bit in a replicate",
        lambda bench: _failing(bench, "--maxfail=1"),
        "LC-OQ-02",
        _FAILED,
    ),
    Defect(
        "asserts stripped",
        "python -O with PYTHONOPTIMIZE=1 and --assert=plain, and one bit in a replicate",
        _python_optimised,
        "LC-OQ-02",
        _FAILED,
    ),
    Defect(
        "empty parametrization",
        "a plugin that gives the sine no device, under -o empty_parameter_set_mark=skip",
        lambda bench: _run(bench, "-o", "empty_parameter_set_mark=skip", plugin=_EMPTY),
        "verdict",
        "LC-PQ-01[cpu+order:1-k2]: its test was not run",
    ),
    Defect(
        "nothing to be decided",
        "a plugin that expects no case",
        lambda bench: _run(bench, plugin=_NOTHING_EXPECTED),
        "verdict",
        "validation: no case was to be decided",
    ),
    Defect(
        "tests that are set up and not run",
        "--setup-only",
        lambda bench: _run(bench, "--setup-only"),
        "verdict",
        _incomplete(0, 19),
    ),
    Defect(
        "the evidence switched off",
        "-p no:longcon-evidence",
        lambda bench: _run(bench, "-p", "no:longcon-evidence"),
        "verdict",
        _incomplete(0, 19),
    ),
    Defect(
        "the report switched off",
        "-p no:longcon-report",
        lambda bench: _run(bench, "-p", "no:longcon-report", by="usage error"),
        "usage error",
        "longcon's report is switched off, and with it the verdict: leave its -p no:... out.",
    ),
    Defect(
        "expected failures switched off",
        "--runxfail",
        lambda bench: _run(bench, "--runxfail", by="usage error"),
        "usage error",
        "--runxfail would turn what an advisory requirement finds into a failure: leave it out, or make the "
        "requirement "
        "gating by --require.",
    ),
    Defect(
        "a device that lies, through a whole run",
        "both replicates of the rebuild: the first device's, under another one's name and fingerprint",
        _lying_device,
        "verdict",
        "LC-PQ-01[cpu+order:1-k2]: no effective device decided it",
    ),
)
