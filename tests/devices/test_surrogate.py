"""Surrogates: what they set, and what a processor that lacks their instructions does with them."""

from __future__ import annotations

import pytest
import torch

from longcon.devices import Device, Surrogate, named_surrogate, parse_surrogate
from longcon.devices.surrogate import DEFAULT_SURROGATES
from longcon.errors import DeviceError

ENVIRONMENTS = [
    ("isa:default", {"ATEN_CPU_CAPABILITY": "default"}),
    ("mkl:COMPATIBLE", {"MKL_CBWR": "COMPATIBLE"}),
    ("openblas:Prescott", {"OPENBLAS_CORETYPE": "Prescott"}),
    ("order:1", {}),
]
# Every name, with the instructions that it needs.
NEEDS = [
    ("isa:avx2", "avx2"),
    ("isa:avx512", "avx512_f"),
    ("openblas:Nehalem", "sse4_2"),
    ("openblas:Sandybridge", "avx"),
    ("openblas:Haswell", "avx2"),
    ("openblas:Zen", "avx2"),
    ("openblas:SkylakeX", "avx512_f"),
]


@pytest.mark.parametrize(("name", "environment"), ENVIRONMENTS)
def test_a_surrogate_is_its_environment(name: str, environment: dict[str, str]) -> None:
    assert parse_surrogate(name).environment == environment


@pytest.mark.parametrize(("name", "flag"), NEEDS)
@pytest.mark.parametrize("has", [True, False])
def test_what_the_processor_lacks_is_refused_but_known(
    name: str, flag: str, has: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The processor's report stands in for processors that are not here."""
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {flag: has})
    assert named_surrogate(name).name == name
    if has:
        assert parse_surrogate(name).name == name
        return
    with pytest.raises(DeviceError) as error:
        parse_surrogate(name)
    assert str(error.value) == f"Surrogate '{name}' needs instructions that this processor lacks: give another one."


@pytest.mark.parametrize("kind", DEFAULT_SURROGATES)
def test_defaults_are_to_be_had_on_every_processor(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", dict)
    assert tuple(parse_surrogate(name).name for name in DEFAULT_SURROGATES[kind]) == DEFAULT_SURROGATES[kind]


def test_openblas_is_emulated_for_commands_alone() -> None:
    assert [kind for kind, names in DEFAULT_SURROGATES.items() if "openblas:Prescott" in names] == ["command"]


def test_a_surrogate_overrides_what_the_users_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    environment = Device("cpu", Surrogate("openblas", "Prescott")).process_environment()
    assert environment["OPENBLAS_CORETYPE"] == "Prescott"


@pytest.mark.parametrize(("torch_device", "applies"), [("cpu", True), ("cuda:0", False)])
def test_openblas_computes_on_the_processor_alone(torch_device: str, applies: bool) -> None:
    assert parse_surrogate("openblas:Prescott").applies_to(torch_device) is applies
