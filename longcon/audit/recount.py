"""The verdict and the decision, counted again from the cases of evidence.json and from nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_Case = Mapping[str, Any]

# Units in which a requirement is met by a measurement of at most, or of at least, the limit.
_AT_MOST = (
    "sine",
    "discrepancy rate, upper bound",
    "differing values",
    "differing steps",
    "differing packages",
    "differing digests",
    "wrong settings",
    "settings without effect",
    "builds without a fingerprint",
    "wrong results",
    "controls that came out wrong",
)
_AT_LEAST = ("precision", "effective devices")


@dataclass(frozen=True)
class Count:
    """What follows from the cases.

    Attributes:
        word: ``"PASS"``, ``"FAIL"`` or ``"INCOMPLETE"``.
        cases: how many had to be decided.
        met: how many were, on evidence that meets the requirement.
    """

    word: str
    cases: int
    met: int


def recount(cases: Sequence[_Case], strange: int) -> Count:
    """Returns the verdict that the cases give.

    Args:
        cases: of the evidence.
        strange: failures outside the cases.
    """
    decided = {(case["requirement"], case["k"]) for case in cases if case["gating"] and is_met(case)}
    failed = strange + sum(_is_failed(case) for case in cases)
    missing = sum(_is_missing(case, decided) for case in cases)
    word = "FAIL" if failed else "INCOMPLETE" if missing else "PASS"
    return Count(word, len(cases), sum(is_met(case) for case in cases))


def is_met(case: _Case) -> bool:
    """Whether its test passed on evidence that meets the requirement."""
    return bool(case["test"] == "passed" and case["ok"] and case["shows"])


def _is_ineffective(case: _Case) -> bool:
    return bool(case["test"] == "skipped" and case["ok"] and not case["shows"])


def _is_failed(case: _Case) -> bool:
    unmet = case["ok"] is False
    return bool(case["test"] == "failed" or (unmet and case["gating"]))


def _is_missing(case: _Case, decided: set[tuple[str, int | None]]) -> bool:
    if not case["gating"] or is_met(case) or _is_failed(case):
        return False
    return not _is_ineffective(case) or (case["requirement"], case["k"]) not in decided


def _subject(evidence: Mapping[str, Any]) -> str:
    """Returns what the verdict's sentence begins with: the minibatches, or the command that is told none."""
    command = evidence["problem"].get("method", {}).get("command")
    if command is not None and "{k}" not in command:
        return "command"
    return f"k = {', '.join(str(k) for k in sorted({c['k'] for c in evidence['cases'] if c['k'] is not None}))}"


def contradictions(evidence: Mapping[str, Any]) -> Iterator[str]:
    """Yields a sentence for everything in which the evidence contradicts itself."""
    verdict, decision = evidence["verdict"], evidence["decision"]
    count = recount(evidence["cases"], len(verdict["strange"]))
    if verdict["word"] != count.word:
        yield f"the verdict is {verdict['word']}, but its cases give {count.word}."
    start = f"{verdict['word']}: {_subject(evidence)}: {count.met} of {count.cases} checks passed"
    if not verdict["sentence"].startswith(start):
        yield f"the verdict's sentence does not begin with '{start}', as its cases have it."
    if decision["word"] != _word(decision, verdict):
        yield f"the decision is '{decision['word']}', but what stands against it gives '{_word(decision, verdict)}'."
    if not decision["sentence"].startswith(decision["word"]):
        yield f"the decision's sentence does not begin with '{decision['word']}'."
    for case in evidence["cases"]:
        yield from _of_case(case)
    yield from _of_discordant(evidence)


def _word(decision: Mapping[str, Any], verdict: Mapping[str, Any]) -> str:
    if not decision["asked"]:
        return "provisional - not for signature"
    against = decision["objections"] or verdict["reasons"] or verdict["word"] != "PASS"
    return "not released" if against else "released"


def _of_case(case: _Case) -> Iterator[str]:
    measured, limit, units = case["measured"], case["limit"], case["units"]
    if measured is None or limit is None or case["ok"] is None:
        return
    if units in _AT_MOST and case["ok"] != (measured <= limit and case["n"] > 0):
        yield f"{case['key']} measured {measured!r} against at most {limit!r}, but says ok is {case['ok']}."
    if units in _AT_LEAST and case["ok"] != (measured >= limit):
        yield f"{case['key']} measured {measured!r} against at least {limit!r}, but says ok is {case['ok']}."


def _of_discordant(evidence: Mapping[str, Any]) -> Iterator[str]:
    listed = [case["comparison"] for case in evidence["discordant"]]
    for case in evidence["cases"]:
        counted = case["details"].get("discordant")
        if (
            isinstance(counted, int)
            and case["key"] not in evidence["unlisted"]
            and counted != listed.count(case["key"])
        ):
            yield f"{case['key']} counted {counted} discordant cases, but {listed.count(case['key'])} are listed."
