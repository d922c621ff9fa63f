"""python -m longcon doctor: what it finds on this very machine, its words, and its exit codes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

import longcon
from longcon.__main__ import main
from longcon.builds.executor import TrainingShape
from longcon.builds.health import StoreHealth, store_health
from longcon.commands import doctor
from longcon.commands.doctor_machine import FORMS, DeviceFound, SurrogateFound, devices_found, memory, usable_cores
from longcon.commands.doctor_report import Report, as_json, as_text
from longcon.devices import DEFAULT_SURROGATES, surrogate
from longcon.training import Recipe
from tests.builds.small_builds import small_store, tree

SMALL = TrainingShape(20, 3, Recipe(k=2, widths=(5,)))
CLASS = "0123456789abcdef" * 4
CPU = DeviceFound(
    "cpu",
    CLASS,
    {"processor": "a processor"},
    {"deterministic_algorithms": True, "full_float32_products": True, "cpu_capability": "AVX2"},
    {"OMP_NUM_THREADS": "1"},
    (),
    (
        SurrogateFound("order:1", True, training=True),
        SurrogateFound("mkl:COMPATIBLE", True, training=True, commands=False),
        SurrogateFound("mkl:AVX2", False, training=True, commands=False, twin="mkl:COMPATIBLE"),
        SurrogateFound("openblas:Haswell", False, fault="The fingerprint of cpu+openblas:Haswell ended."),
    ),
)
GPU = DeviceFound(
    "cuda:0",
    CLASS[::-1],
    {"gpu": "a card", "compute_capability": "9.0"},
    CPU.effects,
    CPU.environment,
    (),
    (SurrogateFound("order:1", True, training=False),),
)
LOST = DeviceFound("cuda:1", None, {}, {}, {}, ("The fingerprint of cuda:1 ended.",), ())


WHOLE = replace(
    Report.of((CPU,), Path("/lab/store"), None), locked=True, lock="installed packages: all are those of the lock."
)


def _report(devices: Sequence[DeviceFound] = (CPU,), health: StoreHealth | None = None, **other: Any) -> Report:
    return replace(WHOLE, devices=tuple(devices), health=health, **other)


@pytest.fixture(scope="module")
def measured() -> tuple[tuple[DeviceFound, ...], list[tuple[int, int]]]:
    """What the defaults do on this machine, and what was told meanwhile."""
    told: list[tuple[int, int]] = []
    devices = devices_found((), SMALL, lambda done, total: told.append((done, total)))
    return devices, told


@pytest.mark.slow
def test_devices_and_default_surrogates_are_measured(
    measured: tuple[tuple[DeviceFound, ...], list[tuple[int, int]]],
) -> None:
    devices, told = measured
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    assert [device.name for device in devices] == ["cpu", *(f"cuda:{number}" for number in range(count))]
    cpu = devices[0]
    assert cpu.faults == ()
    assert cpu.numeric_class is not None
    assert len(cpu.numeric_class) == 64
    assert cpu.environment["OMP_NUM_THREADS"] == "1"
    found = {one.name: one for one in cpu.surrogates}
    assert set(found) == {*DEFAULT_SURROGATES["cpu"], *DEFAULT_SURROGATES["command"]}
    assert all(one.default and one.fault is None for one in found.values())
    # Another order of sums has other bits on any machine; a command is told none.
    assert (found["order:1"].training, found["order:1"].commands) == (True, None)
    assert found["openblas:Prescott"].training is None
    assert found["openblas:Prescott"].commands is not None
    assert told[-1] == (len(told), len(told))


def test_everything_that_can_be_emulated_is_tried() -> None:
    names = {"isa": surrogate._ISA_FLAGS, "mkl": surrogate._MKL_BRANCHES, "openblas": surrogate._OPENBLAS_FLAGS}
    assert set(FORMS) == {f"{kind}:{name}" for kind, known in names.items() for name in known}


def test_memory_is_what_a_container_may_use(tmp_path: Path) -> None:
    limit = tmp_path / "memory.max"
    installed = memory(limit)
    for text, expected in (("max\n", installed), ("4096\n", 4096), (f"{installed + 1}\n", installed), ("é", installed)):
        limit.write_text(text)
        assert memory(limit) == expected
    assert usable_cores() >= 1


def test_the_text_is_aligned(tmp_path: Path) -> None:
    small_store(tmp_path, 1, 2)
    health = store_health(tmp_path)
    assert health is not None
    health = replace(health, size=2048, free=3 << 30)
    report = _report([CPU, GPU], health)
    report = replace(report, machine={"processor": "a processor", "cores": 2, "memory": 8 << 30, "system": "an OS"})
    report = replace(report, versions={"longcon": "1.0", "code": "0" * 32})
    assert as_text(report) == (
        "machine\n"
        "  processor  a processor\n"
        "  cores      2 usable\n"
        "  memory     8.0 GiB\n"
        "  system     an OS\n"
        "\n"
        "versions\n"
        "  longcon  1.0\n"
        "  code     0000000000000000\n"
        "  installed packages: all are those of the lock.\n"
        "\n"
        "devices, probed in the shapes of a validation without options: 5,000 features, 7 classes, k=2, float64\n"
        "\n"
        "  cpu\n"
        "    numeric class             0123456789abcdef...\n"
        "    kernels on the CPU        AVX2\n"
        "    deterministic algorithms  yes\n"
        "    full float32 products     yes\n"
        "    variables                 OMP_NUM_THREADS=1\n"
        "\n"
        "    surrogate         trainings  commands\n"
        "    order:1           effective  -          default\n"
        "    mkl:COMPATIBLE    effective  no effect  default\n"
        "    mkl:AVX2          effective  no effect  computes as mkl:COMPATIBLE does\n"
        "    openblas:Haswell  -          -          could not be tried\n"
        "\n"
        "  cuda:0\n"
        "    numeric class             fedcba9876543210...\n"
        "    GPU                       a card, compute capability 9.0\n"
        "    kernels on the CPU        AVX2\n"
        "    deterministic algorithms  yes\n"
        "    full float32 products     yes\n"
        "    variables                 OMP_NUM_THREADS=1\n"
        "\n"
        "    surrogate  trainings  commands\n"
        "    order:1    no effect  -         default\n"
        "\n"
        "store /lab/store\n"
        "  builds      2 sound, 0 altered\n"
        "  unfinished  0\n"
        "  left over   0\n"
        "  size        2.0 KiB, and 3.0 GiB free\n"
        "  writable    yes\n"
        "\n"
        "to do\n"
        "  The fingerprint of cpu+openblas:Haswell ended.\n"
        "\n"
        "nothing stands against a validation here; 1 thing to do\n"
    )


SOUND = replace(CPU, surrogates=CPU.surrogates[:1])
HEALTH = StoreHealth(Path("/s"), 1, (), (), (), (), (), 0, 0, True)
NO_SURROGATE = (
    "No surrogate changes a bit on this machine, so that builds that agree here show nothing: add a device with "
    "--device, or builds of another machine."
)
PROBLEMS: list[tuple[str, Report, tuple[str, ...], str]] = [
    ("sound", _report([SOUND]), (), "nothing is wrong"),
    (
        "nothing effective",
        _report([replace(SOUND, surrogates=GPU.surrogates)]),
        (NO_SURROGATE,),
        "wrong: no surrogate is effective on any device",
    ),
    (
        "a lost device",
        _report([SOUND, LOST]),
        LOST.faults,
        "nothing stands against a validation here; 1 thing to do",
    ),
    (
        "other versions",
        _report([SOUND], locked=False, lock="installed packages: numpy is 1, not 2; install it."),
        ("Installed packages: numpy is 1, not 2; install it.",),
        "nothing stands against a validation here; 1 thing to do",
    ),
    (
        "altered",
        _report([SOUND], replace(HEALTH, altered=("Build x was altered.", "Build y was altered."))),
        ("Build x was altered.", "Build y was altered."),
        "wrong: the store holds 2 altered builds",
    ),
    (
        "altered, and nothing effective",
        _report([LOST], replace(HEALTH, altered=("Build x was altered.",))),
        (*LOST.faults, NO_SURROGATE, "Build x was altered."),
        "wrong: the store holds 1 altered build; no surrogate is effective on any device",
    ),
    (
        "left over",
        _report(
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
    ("under way", _report([SOUND], replace(HEALTH, under_way=("k",))), (), "nothing is wrong"),
]


@pytest.mark.parametrize(
    ("report", "problems", "last"), [case[1:] for case in PROBLEMS], ids=[name for name, *_ in PROBLEMS]
)
def test_every_problem_says_what_to_do(report: Report, problems: tuple[str, ...], last: str) -> None:
    assert report.problems == problems
    text = as_text(report)
    assert text.splitlines()[-1] == last
    assert all(f"\n  {problem}\n" in text for problem in problems)
    data = json.loads(json.dumps(as_json(report)))
    assert (data["problems"], data["failures"]) == (list(problems), list(report.failures))


def _doctor(monkeypatch: pytest.MonkeyPatch, *options: str, devices: tuple[DeviceFound, ...] = (SOUND,)) -> int:
    """Runs the command on devices that were found already: finding all of them takes most of a minute."""
    monkeypatch.setattr(doctor, "devices_found", lambda **_: devices)
    return main(["doctor", *options])


def test_a_store_that_is_not_there_is_no_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _doctor(monkeypatch, f"--store={tmp_path / 'absent'}") == 0
    assert f"\nstore {tmp_path / 'absent'}\n  no store there yet\n" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_an_altered_build_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = small_store(tmp_path, 1, 2)
    (tmp_path / "builds" / keys[0] / "note.txt").write_text("")
    before = tree(tmp_path, "")
    assert _doctor(monkeypatch, f"--store={tmp_path}") == 1
    out, said = capsys.readouterr()
    assert out.splitlines()[-1] == "wrong: the store holds 1 altered build"
    assert f"\n  Build {tmp_path / 'builds' / keys[0]} was altered: note.txt was added; " in out
    assert said.splitlines()[-1] == "longcon: verifying builds: 100%"
    assert tree(tmp_path, "") == before


def test_no_effective_surrogate_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _doctor(monkeypatch, f"--store={tmp_path}", devices=(GPU,)) == 1


def test_a_file_is_no_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert _doctor(monkeypatch, f"--store={tmp_path / 'file'}") == 4
    assert capsys.readouterr().err == (
        f"ERROR: {tmp_path / 'file'} is no folder, but a store is one: give another --store.\n"
    )


@pytest.mark.slow
def test_json_is_one_object(
    tmp_path: Path,
    measured: tuple[tuple[DeviceFound, ...], list[tuple[int, int]]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    keys = small_store(tmp_path, 1, 2)
    (tmp_path / "builds" / keys[0] / "scores.safetensors").unlink()
    assert _doctor(monkeypatch, "--json", f"--store={tmp_path}", devices=measured[0]) == 1
    data = json.loads(capsys.readouterr().out)
    assert data["versions"]["longcon"] == longcon.__version__
    assert data["versions"]["torch"] == torch.__version__
    assert data["shape"]["features"] == 5000
    cpu = data["devices"][0]
    assert (cpu["name"], cpu["numeric_class"]) == ("cpu", measured[0][0].numeric_class)
    assert {one["name"] for one in cpu["surrogates"] if one["effective"]} >= {"order:1"}
    store = data["store"]
    assert (store["folder"], store["sound"], store["writable"]) == (str(tmp_path), 1, True)
    assert store["altered"][0].startswith(f"Build {tmp_path / 'builds' / keys[0]} was altered: scores.safetensors is ")
    assert data["failures"] == ["the store holds 1 altered build"]
