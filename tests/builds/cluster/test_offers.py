"""Offers: which resources are devices, and what is said where a device is not offered."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from longcon.builds.cluster.offers import Worker, named, not_offered, offers
from longcon.devices import Device
from longcon.errors import ClusterError

ADDRESS = "tcp://s:8786"


def worker(name: str = "a", threads: int = 1, **resources: float) -> Worker:
    return _worker(resources, name, threads)


def _worker(resources: Mapping[str, float], name: str = "a", threads: int = 1) -> Worker:
    return Worker(f"tcp://{name}:1", name, threads, resources)


RESOURCES = [
    ("cpu", Device("cpu")),
    ("cpu@xeon", Device("cpu", site="xeon")),
    ("cuda", Device("cuda:0")),
    ("cuda:1", Device("cuda:1")),
    ("cuda@a100", Device("cuda:0", site="a100")),
    ("cuda:2@rack-1.b", Device("cuda:2", site="rack-1.b")),
]


@pytest.mark.parametrize(("resource", "device"), RESOURCES, ids=[name for name, _ in RESOURCES])
def test_a_resource_with_the_name_of_a_device_is_that_device(resource: str, device: Device) -> None:
    found = offers([_worker({resource: 1})])
    assert list(found) == [device]
    assert found[device].resource == resource
    assert named([resource], found, ADDRESS) == (device,)


@pytest.mark.parametrize("resource", ["memory", "GPU", "cpus", "cudas", "cuda:", "cuda:one", "site@cpu"])
def test_other_resources_are_no_devices(resource: str) -> None:
    assert offers([_worker({resource: 1})]) == {}


def test_less_than_one_is_nothing() -> None:
    assert offers([_worker({"cpu": 0.5})]) == {}


@pytest.mark.parametrize(("threads", "amount", "slots"), [(1, 1, 1), (1, 4, 1), (4, 1, 1), (4, 2.9, 2), (8, 8, 8)])
def test_a_worker_trains_as_many_builds_as_its_threads_and_its_resource_allow(
    threads: int, amount: float, slots: int
) -> None:
    (offer,) = offers([_worker({"cpu": amount}, threads=threads)]).values()
    assert offer.slots == slots


def test_workers_that_offer_the_same_device_add_up() -> None:
    (offer,) = offers([_worker({"cpu": 2}, "a", 2), _worker({"cpu": 1}, "b", 2)]).values()
    assert offer.slots == 3
    assert [one.name for one in offer.workers] == ["a", "b"]


CONTRADICTIONS = [
    (
        [{"cpu@Xeon 5": 1}],
        "Worker tcp://w0:1 (w0) offers 'cpu@Xeon 5', but 'Xeon 5' is no name of a site: give one of at most 40 small "
        "letters, digits, '.', '_' and '-', such as cpu@xeon.",
    ),
    (
        [{"cpu@": 1}],
        "Worker tcp://w0:1 (w0) offers 'cpu@', but '' is no name of a site: give one of at most 40 small letters, "
        "digits, '.', '_' and '-', such as cpu@xeon.",
    ),
    (
        [{"cuda": 1, "cuda:0": 1}],
        "Worker tcp://w0:1 (w0) offers 'cuda' and 'cuda:0', which are one device: start it with one of them.",
    ),
    (
        [{"cuda": 1}, {"cuda:0": 1}],
        "Workers tcp://w0:1 (w0) and tcp://w1:1 (w1) offer one device under the names 'cuda' and 'cuda:0': start both "
        "with the same one.",
    ),
]


@pytest.mark.parametrize(("resources", "sentence"), CONTRADICTIONS, ids=[str(one) for one, _ in CONTRADICTIONS])
def test_resources_that_contradict_themselves_are_refused(resources: list[Mapping[str, float]], sentence: str) -> None:
    with pytest.raises(ClusterError) as error:
        offers([_worker(one, f"w{number}") for number, one in enumerate(resources)])
    assert str(error.value) == sentence


def test_all_are_all_that_are_offered_in_an_order_of_their_own() -> None:
    workers = [_worker({"cuda:10": 1, "cuda@a": 1, "cpu@b": 1, "memory": 4}), _worker({"cpu": 1, "cuda:9": 1}, "b")]
    expected = (
        Device("cpu"),
        Device("cpu", site="b"),
        Device("cuda:0", site="a"),
        Device("cuda:9"),
        Device("cuda:10"),
    )
    assert named(["all"], offers(workers), ADDRESS) == expected
    assert named(["all"], offers(workers[::-1]), ADDRESS) == expected


def test_a_site_that_nobody_offers_is_that_of_imported_builds() -> None:
    found = offers([worker(cpu=1)])
    assert named(["cpu", "cpu@site-b", "imported"], found, ADDRESS) == (Device("cpu"),)


NOT_OFFERED = [
    (
        "cuda",
        "No worker of tcp://s:8786 offers 'cuda': they offer cpu, cpu@xeon; give one of these, or start a worker by "
        'dask worker tcp://s:8786 --nthreads 1 --resources "cuda=1".',
    ),
    (
        "cpx",
        "No worker of tcp://s:8786 offers 'cpx' - did you mean 'cpu'?: they offer cpu, cpu@xeon; give one of these, or "
        'start a worker by dask worker tcp://s:8786 --nthreads 1 --resources "cpx=1".',
    ),
]


@pytest.mark.parametrize(("name", "sentence"), NOT_OFFERED, ids=[name for name, _ in NOT_OFFERED])
def test_a_device_that_nobody_offers_is_told_with_what_they_do(name: str, sentence: str) -> None:
    found = offers([_worker({"cpu": 1, "cpu@xeon": 1})])
    with pytest.raises(ClusterError) as error:
        named([name], found, ADDRESS)
    assert str(error.value) == sentence


ELSEWHERE = [
    (
        False,
        "No worker of tcp://s:8786 offers 'cpu@xenon' - did you mean 'cpu@xeon'?: they offer cpu, cpu@xeon; give one "
        'of these, or start a worker by dask worker tcp://s:8786 --nthreads 1 --resources "cpu@xenon=1".',
    ),
    (
        True,
        "No worker of tcp://s:8786 offers 'cpu@xenon' - did you mean 'cpu@xeon'?: they offer cpu, cpu@xeon; give one "
        "of these, import its builds, or start a worker by dask worker tcp://s:8786 --nthreads 1 --resources "
        '"cpu@xenon=1".',
    ),
]


@pytest.mark.parametrize(("imports", "sentence"), ELSEWHERE, ids=["a search", "a validation"])
def test_only_who_could_use_imported_builds_is_told_of_them(imports: bool, sentence: str) -> None:
    found = offers([_worker({"cpu": 1, "cpu@xeon": 1})])
    assert str(not_offered("cpu@xenon", found, ADDRESS, imports=imports)) == sentence
