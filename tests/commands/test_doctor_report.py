"""What the doctor finds wrong: each in a sentence that says what to do, and as data."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from longcon.builds.health import StoreHealth
from longcon.commands.doctor_report import Report, as_json
from longcon.commands.doctor_text import as_text
from tests.commands.doctor_findings import GPU, LOST, SOUND, report

HEALTH = StoreHealth(Path("/s"), 1, (), (), (), (), (), 0, 0, True)
NO_SURROGATE = (
    "No surrogate changes a bit on this machine, so that builds that agree here show nothing: add a device with "
    "--device, or builds of another machine."
)
PROBLEMS: list[tuple[str, Report, tuple[str, ...], str]] = [
    ("sound", report([SOUND]), (), "nothing is wrong"),
    (
        "nothing effective",
        report([replace(SOUND, surrogates=GPU.surrogates)]),
        (NO_SURROGATE,),
        "wrong: no surrogate is effective on any device",
    ),
    (
        "a lost device",
        report([SOUND, LOST]),
        LOST.faults,
        "nothing stands against a validation here; 1 thing to do",
    ),
    (
        "other versions",
        report([SOUND], locked=False, lock="installed packages: numpy is 1, not 2; install it."),
        ("Installed packages: numpy is 1, not 2; install it.",),
        "nothing stands against a validation here; 1 thing to do",
    ),
    (
        "altered",
        report([SOUND], replace(HEALTH, altered=("Build x was altered.", "Build y was altered."))),
        ("Build x was altered.", "Build y was altered."),
        "wrong: the store holds 2 altered builds",
    ),
    (
        "altered, and nothing effective",
        report([LOST], replace(HEALTH, altered=("Build x was altered.",))),
        (*LOST.faults, NO_SURROGATE, "Build x was altered."),
        "wrong: the store holds 1 altered build; no surrogate is effective on any device",
    ),
    (
        "left over",
        report(
            [SOUND],
            replace(
                HEALTH, staging=(Path("/s/builds/.k.a"),), unfinished=("k",), wrong_data=("Data d.",), writable=False
            ),
        ),
        (
            "Data d.",
            "/s/builds/.k.a was left by a run that was killed: run the same again, which puts it in place or removes "
            "it.",
            "Build k was begun and not finished: run the same validation again, and it goes on from its checkpoint; or "
            "delete /s/checkpoints/k.",
            "/s cannot be written by this user, so that nothing can be trained into it: give rights there, or another "
            "--store.",
        ),
        "nothing stands against a validation here; 4 things to do",
    ),
    ("under way", report([SOUND], replace(HEALTH, under_way=("k",))), (), "nothing is wrong"),
]


@pytest.mark.parametrize(
    ("found", "problems", "last"), [case[1:] for case in PROBLEMS], ids=[name for name, *_ in PROBLEMS]
)
def test_every_problem_says_what_to_do(found: Report, problems: tuple[str, ...], last: str) -> None:
    assert found.problems == problems
    text = as_text(found)
    assert text.splitlines()[-1] == last
    assert all(f"\n  {problem}\n" in text for problem in problems)
    data = json.loads(json.dumps(as_json(found)))
    assert (data["problems"], data["failures"]) == (list(problems), list(found.failures))
