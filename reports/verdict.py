"""The verdict: no pass without evidence for every case that must be decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fixtures.cases import Case

NOT_MET = "advisory, not met"


@dataclass(frozen=True)
class Result:
    """What became of one case's test.

    Attributes:
        outcome: ``"passed"``, ``"failed"`` (or ended in an error) or ``"skipped"``.
        message: why, in one sentence.
        evidence: the check's outcome as JSON values; None when no check was reached.
    """

    outcome: str
    message: str
    evidence: Mapping[str, Any] | None = None

    @property
    def met(self) -> bool:
        """Whether its test passed on evidence that meets the requirement; passing on none decides nothing."""
        evidence = self.evidence
        return self.outcome == "passed" and evidence is not None and bool(evidence["ok"] and evidence["evidence"])

    @property
    def found_unmet(self) -> bool:
        """Whether its check found the requirement not met, and its test did not fail for it."""
        return self.outcome != "failed" and self.evidence is not None and not self.evidence["ok"]

    @property
    def ineffective(self) -> bool:
        """Whether it was skipped because its surrogate changes no bit."""
        evidence = self.evidence
        return self.outcome == "skipped" and evidence is not None and bool(evidence["ok"] and not evidence["evidence"])


@dataclass(frozen=True)
class Verdict:
    """The decision about the release.

    Attributes:
        word: ``"PASS"``, ``"FAIL"`` or ``"INCOMPLETE"``.
        sentence: the decision with its numbers.
        reasons: one for every case that stands against a pass.
        notes: what the reader should know besides.
    """

    word: str
    sentence: str
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def ok(self) -> bool:
        """Whether every gating requirement was decided and met."""
        return self.word == "PASS"


def verdict(
    expected: Sequence[Case],
    results: Mapping[str, Result],
    strange: Sequence[str] = (),
    deviations: Sequence[str] = (),
    of_command: bool = False,
) -> Verdict:
    """Returns the verdict on a run.

    A gating requirement is met when each of its cases passed; a case whose surrogate is ineffective may be missing as
    long as another case of the same requirement and k has passed. What an advisory requirement found is noted; only
    that its test could not be finished counts as a failure.

    Args:
        expected: every case that must be decided.
        results: of the cases that ran, by `Case.key`.
        strange: failures and errors outside the cases, e.g. of collection.
        deviations: from the protocol; noted, since whoever signs must judge them.
        of_command: whether a command trained that is told no k.
    """
    failed, missing = list(strange), [] if expected else ["validation: no case was to be decided"]
    notes = [f"deviation: {deviation}" for deviation in deviations]
    gating = [case for case in expected if case.gating]
    met = {(case.requirement.id, case.k) for case in gating if _is_met(results, case)}
    for case in expected:
        result = results.get(case.key)
        if result is not None and result.met:
            continue
        if result is not None and not case.gating and result.found_unmet:
            notes.append(f"{case.key}: {NOT_MET}: {result.message}")
        elif result is not None and (result.outcome == "failed" or (result.evidence and not result.evidence["ok"])):
            failed.append(f"{case.key}: {result.message}")
        elif result is not None and result.ineffective:
            notes.append(f"{case.key}: {result.message}")
            if case in gating and (case.requirement.id, case.k) not in met:
                missing.append(f"{case.key}: no effective device decided it")
        else:
            why = result.message if result else "its test was not run"
            (missing if case.gating else notes).append(f"{case.key}: {why}")
    word = "FAIL" if failed else "INCOMPLETE" if missing else "PASS"
    subject = "command" if of_command else _ks(expected)
    return Verdict(
        word, _sentence(f"{word}: {subject}", expected, results, failed, missing), (*failed, *missing), tuple(notes)
    )


def _is_met(results: Mapping[str, Result], case: Case) -> bool:
    result = results.get(case.key)
    return result is not None and result.met


def _ks(expected: Sequence[Case]) -> str:
    return f"k = {', '.join(str(k) for k in sorted({case.k for case in expected if case.k is not None}))}"


def _sentence(
    subject: str, expected: Sequence[Case], results: Mapping[str, Result], failed: Sequence[str], missing: Sequence[str]
) -> str:
    decided = sum(_is_met(results, case) for case in expected)
    start = f"{subject}: {decided} of {len(expected)} checks passed"
    ineffective = sum(result.ineffective for result in results.values())
    if ineffective:
        start += f", {ineffective} shown ineffective"
    unmet = sum(not case.gating and case.key in results and results[case.key].found_unmet for case in expected)
    if unmet:
        start += f", {unmet} {NOT_MET}"
    if failed:
        by_requirement = Counter(text.partition("[")[0] for text in failed)
        return f"{start}; failed: {', '.join(f'{name} ({n})' for name, n in by_requirement.items())}."
    if missing:
        return f"{start}; {len(missing)} required checks have no evidence, so nothing may be released on this run."
    return f"{start}; every gating requirement is met."
