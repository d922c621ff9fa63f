"""What the doctor measures on this very machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from longcon.builds.executor import TrainingShape
from longcon.commands.doctor_machine import FORMS, devices_found, memory, usable_cores
from longcon.commands.doctor_report import Report, as_json
from longcon.devices import DEFAULT_SURROGATES, surrogate
from longcon.training import Recipe

SMALL = TrainingShape(20, 3, Recipe(k=2, widths=(5,)))


@pytest.mark.slow
def test_devices_and_default_surrogates_are_measured() -> None:
    told: list[tuple[int, int]] = []
    devices = devices_found((), SMALL, lambda done, total: told.append((done, total)))
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
    told_of = json.loads(json.dumps(as_json(Report.of(devices, Path("absent"), None))))["devices"][0]
    assert (told_of["name"], told_of["numeric_class"]) == ("cpu", cpu.numeric_class)
    assert {one["name"] for one in told_of["surrogates"] if one["effective"]} >= {"order:1"}


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
