"""What the command line says against a protocol is listed; what it says with it, or without one, is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from longcon.errors import RecipeError
from longcon.measures import default_sine_tolerance
from longcon.protocol import FLAGS, Advisory, Deviation, Devices, Limits, Problem, Protocol, RecipeChoice, deviate

FROZEN = Protocol(
    problem=Problem(data=Path("/geo")),
    recipe=RecipeChoice(k=(1, 2), epochs=8, release_epoch=8),
    devices=Devices(required=("cpu", "cuda"), surrogates=("order:1",)),
    limits=Limits(confidence=None),
    advisory=Advisory(1, gating=("LC-PQ-06", "LC-PQ-07")),
)

GIVEN: list[tuple[dict[str, Any], list[str]]] = [
    ({}, []),
    ({"--k": (1, 2), "--epochs": 8, "--confidence": None, "--data": Path("/geo")}, []),
    ({"--k": (2, 1, 2), "--require": ("LC-PQ-07", "LC-PQ-06"), "--device": ("cpu", "cuda")}, []),
    ({"--k": (2,)}, ["--k is [2], in the protocol [1, 2]"]),
    ({"--epochs": 9}, ["--epochs is 9, in the protocol 8"]),
    ({"--device": ("cuda", "cpu")}, ['--device is ["cuda", "cpu"], in the protocol ["cpu", "cuda"]']),
    ({"--surrogate": ("none",)}, ['--surrogate is ["none"], in the protocol ["order:1"]']),
    ({"--confidence": 0.9}, ['--confidence is 0.9, in the protocol "none"']),
    ({"--data": Path("/other")}, ['--data is "/other", in the protocol "/geo"']),
    ({"--release-epoch": "best"}, ['--release-epoch is "best", in the protocol 8']),
    (
        {"--p": 0.5, "--dtype": "float32"},
        ['--dtype is "float32", in the protocol "float64"', "--p is 0.5, in the protocol 0.98"],
    ),
]


@pytest.mark.parametrize(("given", "listed"), GIVEN, ids=[repr(given) for given, _ in GIVEN])
def test_deviations(given: dict[str, Any], listed: list[str]) -> None:
    run, deviations = deviate(FROZEN, given)
    assert [deviation.text for deviation in deviations] == listed
    for flag in FLAGS:
        if flag.name in given:
            assert run.value(flag.section, flag.key) == given[flag.name]
        else:
            assert run.value(flag.section, flag.key) == FROZEN.value(flag.section, flag.key)


def test_without_a_protocol_nothing_deviates() -> None:
    run, deviations = deviate(None, {"--epochs": 9})
    assert (run.recipe.epochs, deviations) == (9, ())
    assert deviate(None, {}) == (Protocol(), ())


def test_only_limits_that_nobody_set_follow_the_precision() -> None:
    free, _ = deviate(None, {"--dtype": "float32"})
    assert free.limits.sine_tolerance == default_sine_tolerance("float32")
    assert free.limits.residual_threshold == 0.1
    frozen, _ = deviate(Protocol(), {"--dtype": "float32"})
    assert frozen.limits == Limits()


def test_what_the_command_line_says_must_fit_what_it_leaves() -> None:
    with pytest.raises(
        RecipeError, match="release epoch is '8': give --release-epoch best, last, or a number from 1 to 6"
    ):
        deviate(FROZEN, {"--epochs": 6})
    curved = Protocol(advisory=Advisory(curvature_every=1))
    with pytest.raises(RecipeError, match="native training only"):
        deviate(curved, {"--arithmetic": "portable"})
    assert deviate(curved, {"--arithmetic": "portable", "--curvature-every": 0})[0].recipe.arithmetic == "portable"


def test_every_flag_names_a_key() -> None:
    for flag in FLAGS:
        Protocol().value(flag.section, flag.key)
    assert Deviation("--k", "[2]", "[1]").text == "--k is [1], in the protocol [2]"
