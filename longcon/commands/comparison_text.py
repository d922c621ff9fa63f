"""A comparison of two builds in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from longcon.checks.comparison import Calls, CaseCalls, Comparison, Parameters
from longcon.commands.stored_build import StoredBuild
from longcon.commands.terminal import printable, table
from longcon.measures import BitDifference

_WIDTH = 27


def lines_of(a: StoredBuild, b: StoredBuild, found: Comparison, differ: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    """Returns a comparison as lines; the last is a plain sentence.

    Args:
        a: the build whose cut-off was carried to the other.
        b: the other.
        found: the comparison.
        differ: in what else they differ.
    """
    for name, text in _rows(a, b, found, differ):
        yield f"{name:{_WIDTH}}{printable(text)}"
    if found.calls is not None:
        yield from _case_lines("discordant cases", found.calls.discordant)
        yield from _case_lines("crossed tau, so that one alone reports them", found.calls.crossed)
    yield sentence_of(found)


def _rows(
    a: StoredBuild, b: StoredBuild, found: Comparison, differ: Mapping[str, tuple[str, str]]
) -> Iterator[tuple[str, str]]:
    for name, stored in (("A", a), ("B", b)):
        yield name, f"{stored.key[:12]}  {stored.build.title}{', released' if stored.reference else ''}"
    yield "differ in", ", ".join(f"{name} ({x}, {y})" for name, (x, y) in differ.items()) or "nothing"
    if a.build.numeric_class == b.build.numeric_class:
        yield "numeric class", "the same on both sides, so agreement shows nothing about other hardware"
    yield "epoch", f"{found.epoch}, {_why(a, found)}; both keep {', '.join(map(str, found.shared))}"
    yield from _of_parameters(found)
    if found.calls is None:
        yield "tau", f"none, so calls are not compared: {found.no_calls.splitlines()[0]}"
    else:
        yield from _of_calls(a, found.calls)


def _why(a: StoredBuild, found: Comparison) -> str:
    if a.reference is not None:
        return "at which A is released"
    if a.build.request["keep_best"] and found.epoch == a.build.best_epoch:
        return "A's best"
    return "the last that both keep" if found.epoch == found.shared[-1] else "as --epoch says"


def _of_parameters(found: Comparison) -> Iterator[tuple[str, str]]:
    parameters = found.parameters
    if parameters.sine is None:
        yield "vector sine", f"not defined: {parameters.undefined}"
    else:
        yield "vector sine", f"{parameters.sine:.2e} between {parameters.values:,} parameters each"
    if parameters.compared_bits:
        yield "first other bit", _of_bits(parameters.bits)
    if parameters.sine is not None:
        yield "update by update", _of_steps(parameters)


def _of_bits(bits: tuple[int, str, BitDifference] | None) -> str:
    if bits is None:
        return "none at any epoch that both keep"
    epoch, name, difference = bits
    return f"at epoch {epoch}, in {name}: {difference.describe()}"


def _of_steps(parameters: Parameters) -> str:
    if parameters.no_steps:
        return f"not compared: {parameters.no_steps}"
    if parameters.step is None:
        return f"no other bit after any of {parameters.steps:,} updates"
    if parameters.step == 0:
        return "other bits from the initial state on"
    return f"other bits after update {parameters.step:,} of {parameters.steps:,}, not before"


def _of_calls(a: StoredBuild, calls: Calls) -> Iterator[tuple[str, str]]:
    found = calls.table
    yield "tau", f"{calls.tau:.4f}, {'as A is released' if a.reference else 'found on the hold-out of A'}"
    yield "calls", f"on {found.cases} prospective cases"
    yield "  concordant", f"{found.concordant}"
    yield "  discordant", f"{found.discordant}"
    yield "  conclusive in only some", f"{found.conclusive_in_some}"
    yield "  conclusive in none", f"{found.conclusive_in_none}"
    rate = "no rate" if found.discrepancy_rate is None else f"{found.discrepancy_rate:.2%}"
    yield "discrepancy rate", f"{rate} of {found.reportable} reportable calls, upper 95% bound {calls.bound:.2%}"


def _case_lines(title: str, cases: tuple[CaseCalls, ...]) -> Iterator[str]:
    if cases:
        yield title
        rows = [
            (case.case, *(f"{call} {score:.4f}" for call, score in zip(case.calls, case.scores, strict=True)))
            for case in cases
        ]
        for line in table([("case", "A", "B"), *(tuple(map(printable, row)) for row in rows)]):
            yield f"  {line}"


def sentence_of(found: Comparison) -> str:
    """Returns the comparison in a sentence."""
    if found.calls is None:
        return "The parameters were compared and the calls were not; this is a comparison, not a verdict."
    calls = found.calls.table
    if not calls.reportable:
        said = "There is no case that both would report"
    elif calls.discordant:
        said = f"A and B differ in {calls.discordant} of {calls.reportable} calls that both would report"
    else:
        said = f"A and B make the same {calls.reportable} calls wherever both would report one"
    return f"{said}; this is a comparison, not a verdict."
