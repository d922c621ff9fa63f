"""Fingerprints: the same device gives the same bits, another arithmetic gives others, and a copy is found out."""

from __future__ import annotations

import pytest
import torch

from longcon.builds.executor import TrainingShape
from longcon.builds.runner import Runner
from longcon.devices import Device, Surrogate, parse_device, parse_surrogate
from longcon.training import Recipe

SHAPE = TrainingShape(features=5000, classes=7, recipe=Recipe(k=2))


def _taken(device: Device) -> dict[str, object]:
    return Runner().fingerprints(device, [SHAPE])[0]


@pytest.fixture(scope="module")
def cpu() -> dict[str, object]:
    return _taken(parse_device("cpu"))


@pytest.mark.slow
def test_a_device_is_its_own_numeric_class_every_time(cpu: dict[str, object]) -> None:
    assert _taken(parse_device("cpu")) == cpu


@pytest.mark.slow
@pytest.mark.parametrize("name", ["isa:default", "order:1", "order:2"])
def test_another_arithmetic_is_another_class(cpu: dict[str, object], name: str) -> None:
    assert _taken(Device("cpu", parse_surrogate(name)))["numeric_class"] != cpu["numeric_class"]


@pytest.mark.slow
@pytest.mark.parametrize("probe", ["product 0 of 2", "training"])
def test_an_order_of_sums_shows_in_every_probe_that_sums(cpu: dict[str, object], probe: str) -> None:
    """Draws of few bits would have sums that are exact in any order, and no order could be told from another."""
    other = _taken(Device("cpu", parse_surrogate("order:1")))
    assert other["probes"][probe] != cpu["probes"][probe]  # type: ignore[index]


@pytest.mark.slow
def test_a_surrogate_that_changes_nothing_has_the_class_of_its_device(cpu: dict[str, object]) -> None:
    # The instruction set that the processor uses anyway; PyTorch ignores names that it does not know.
    native = torch.backends.cpu.get_cpu_capability().lower()
    assert _taken(Device("cpu", Surrogate("isa", native)))["numeric_class"] == cpu["numeric_class"]


@pytest.mark.slow
def test_it_names_what_computes(cpu: dict[str, object]) -> None:
    assert cpu["software"]["torch"] == torch.__version__  # type: ignore[index]
    assert cpu["hardware"]["processor"]  # type: ignore[index]
    assert cpu["environment"]["OMP_NUM_THREADS"] == "1"  # type: ignore[index]
