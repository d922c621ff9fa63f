"""Devices: names, and what is refused in one sentence."""

from __future__ import annotations

import pytest
import torch

from longcon.devices import Device, Surrogate, device_elsewhere, is_elsewhere, parse_devices
from longcon.errors import DeviceError

NO_GPU = (
    f"Device 'cuda' was asked for, but PyTorch {torch.__version__} finds no CUDA device on this machine: "
    "run on a machine with a GPU, or give --device=cpu."
)
DEFAULTS = ["cpu", "cpu+isa:default", "cpu+mkl:COMPATIBLE", "cpu+order:1"]
ACCEPTED = [
    (["cpu"], [], DEFAULTS),
    (["cpu", "cpu"], ["none"], ["cpu"]),
    (["cpu"], ["order:2", "order:02", "isa:default"], ["cpu", "cpu+order:2", "cpu+isa:default"]),
]
REFUSED = [
    (["cpi"], [], "Device 'cpi' is unknown - did you mean 'cpu'?: give cpu, cuda, cuda:N, all or imported."),
    (["cuda:x"], [], "Device 'cuda:x' is unknown - did you mean 'cuda'?: give cpu, cuda, cuda:N, all or imported."),
    (["tpu:0"], [], "Device 'tpu:0' is unknown: give cpu, cuda, cuda:N, all or imported."),
    (
        ["cpu"],
        ["none", "order:1"],
        "--surrogate=none was given beside other surrogates: give either none or their names.",
    ),
    (
        ["cpu"],
        ["isa:defualt"],
        "Surrogate 'isa:defualt' is unknown - did you mean 'isa:default'?: give isa:NAME, mkl:COMPATIBLE, "
        "openblas:NAME, order:N or none.",
    ),
    (
        ["cpu"],
        ["order:0"],
        "Surrogate 'order:0' is unknown - did you mean 'order:1'?: give isa:NAME, mkl:COMPATIBLE, openblas:NAME, "
        "order:N or none.",
    ),
    (
        ["cpu"],
        ["openblas:prescott"],
        "Surrogate 'openblas:prescott' is unknown - did you mean 'openblas:Prescott'?: give isa:NAME, "
        "mkl:COMPATIBLE, openblas:NAME, order:N or none.",
    ),
]


@pytest.mark.parametrize(("names", "surrogates", "expected"), ACCEPTED)
def test_accepted_names(names: list[str], surrogates: list[str], expected: list[str]) -> None:
    assert [device.name for device in parse_devices(names, surrogates)] == expected


@pytest.mark.parametrize(("names", "surrogates", "text"), REFUSED, ids=[text[:30] for *_, text in REFUSED])
def test_refused_names(names: list[str], surrogates: list[str], text: str) -> None:
    with pytest.raises(DeviceError) as error:
        parse_devices(names, surrogates)
    assert str(error.value) == text


def test_a_gpu_that_is_not_there_is_an_error_and_all_takes_what_is_there() -> None:
    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    assert len(parse_devices(["all"], ["none"])) == 1 + gpus
    with pytest.raises(DeviceError) as error:
        parse_devices(["cuda" if gpus == 0 else f"cuda:{gpus}"], [])
    there = f"Device 'cuda:{gpus}' was asked for, but this machine has {gpus}: give cuda:0 to cuda:{gpus - 1}."
    assert str(error.value) == (NO_GPU if gpus == 0 else there)


def test_portable_arithmetic_takes_no_order_surrogate_by_default() -> None:
    names = [device.name for device in parse_devices(["cpu"], [], "portable")]
    assert names == ["cpu", "cpu+isa:default", "cpu+mkl:COMPATIBLE"]
    given = parse_devices(["cpu"], ["order:1"], "portable")
    assert [device.is_another_computation("portable") for device in given] == [False, True]
    assert not given[1].is_another_computation("native")


def test_the_environment_of_a_surrogate_is_set_before_torch_is_imported() -> None:
    cpu, isa, mkl, order = parse_devices(["cpu"], [])
    assert isa.process_environment()["ATEN_CPU_CAPABILITY"] == "default"
    assert mkl.process_environment()["MKL_CBWR"] == "COMPATIBLE"
    assert order.process_environment() == cpu.process_environment()
    assert cpu.process_environment()["OMP_NUM_THREADS"] == "1"


ORDER = Surrogate("order", "1")
NAMES = [
    (Device("cpu"), "cpu", "cpu"),
    (Device("cpu", ORDER, "site-b"), "cpu+order:1@site-b", "cpu+order:1"),
    (Device("cpu", site="xeon"), "cpu@xeon", "cpu@xeon"),
    (Device("cuda:1", ORDER, site="a100"), "cuda:1@a100+order:1", "cuda:1@a100+order:1"),
    (Device("cpu", ORDER, "reference", "xeon"), "cpu@xeon+order:1@reference", "cpu@xeon+order:1"),
]


@pytest.mark.parametrize(("device", "name", "there"), NAMES, ids=[name for _, name, _ in NAMES])
def test_a_name_says_which_of_a_clusters_machines_it_was_and_where_it_comes_from(
    device: Device, name: str, there: str
) -> None:
    assert (device.name, device.name_there) == (name, there)
    assert device_elsewhere(there, device.origin) == device
    assert is_elsewhere(name) == ("@" in name)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("cpi@xeon", "Device 'cpi' is unknown - did you mean 'cpu'?: give cpu, cuda, cuda:N, all or imported."),
        (
            "cpu@xeon+oder:1",
            "Surrogate 'oder:1' is unknown - did you mean 'order:1'?: give isa:NAME, mkl:COMPATIBLE, openblas:NAME, "
            "order:N or none.",
        ),
    ],
)
def test_a_name_of_no_device_is_refused_where_it_was_trained_elsewhere(name: str, text: str) -> None:
    with pytest.raises(DeviceError) as error:
        device_elsewhere(name, "site-b")
    assert str(error.value) == text
