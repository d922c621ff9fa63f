"""Builds of other places: found by device, k and replicate, or missed in one sentence that says what to do there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from longcon.builds import Build, BuildRequest, Elsewhere, belonging, require_reference_of
from longcon.devices import Device, named_surrogate
from longcon.errors import BuildError, StoreError
from longcon.training import Recipe

RECIPE = Recipe(k=2, epochs=8)
SITE = Device("cpu", origin="site-b")
ORDER = Device("cpu", named_surrogate("order:1"), "site-b")


def build(
    device: str = "cpu",
    replicate: int = 1,
    epochs: tuple[int, ...] = (0, 4, 8),
    recipe: Recipe = RECIPE,
    origin: str = "site-b",
    **fields: Any,
) -> Build:
    """A build in words alone, as its manifest would have it."""
    request = BuildRequest("data", recipe, device, f"class of {device}", {}, "code", replicate, epochs, False, **fields)
    manifest = {
        "request": request.as_json(),
        "files": {f"state-{epoch:04d}.safetensors": "" for epoch in epochs},
        "best_epoch": 4,
        "fingerprint": {"device": device, "numeric_class": f"class of {device}"},
    }
    return Build(Path(request.key), manifest, origin)


SHORT = replace(RECIPE, epochs=2)
BUILDS = [
    build("cpu+order:1"),
    build(replicate=2),
    build(),
    build(epochs=(0, 1, 2), recipe=SHORT, killed_after=1),
    build("cpu", origin="site-a"),
]


def test_devices_are_those_of_the_builds_by_place() -> None:
    elsewhere = Elsewhere(BUILDS)
    assert [device.name for device in elsewhere.devices] == ["cpu@site-a", "cpu@site-b", "cpu+order:1@site-b"]
    assert elsewhere.devices[1:] == (SITE, ORDER)


def test_a_build_is_found_by_device_k_and_replicate() -> None:
    elsewhere = Elsewhere(BUILDS)
    assert elsewhere.find(SITE, 2, 2, 4) is BUILDS[1]
    assert elsewhere.find(ORDER, 2, 1, 8) is BUILDS[0]
    assert elsewhere.find(SITE, 2, 1, None) is BUILDS[2]
    assert elsewhere.resumed(SITE, 2) is BUILDS[3]
    assert elsewhere.fingerprint(ORDER, 2) == {"device": "cpu+order:1@site-b", "numeric_class": "class of cpu+order:1"}
    assert elsewhere.find(SITE, 2, 1, 4).title == "k=2 float64 on cpu@site-b, replicate 1"


def test_of_several_that_which_keeps_the_released_state_is_taken() -> None:
    other = build(epochs=(0, 3, 8))
    assert Elsewhere([*BUILDS, other]).find(SITE, 2, 1, 3) is other


MISSED = [
    (
        lambda elsewhere: elsewhere.find(ORDER, 2, 2, 4),
        "No build of k=2 on cpu+order:1@site-b, replicate 2, was imported: export it there, and import it here.",
    ),
    (
        lambda elsewhere: elsewhere.find(SITE, 2, 1, 5),
        "k=2 float64 on cpu@site-b, replicate 1 keeps no state of epoch 5, which is released, but of 0, 4, 8: train it "
        "there with --release-epoch=5.",
    ),
    (
        lambda elsewhere: elsewhere.resumed(ORDER, 2),
        "No resumed training of k=2 on cpu+order:1@site-b was imported: export all builds there, and import them here.",
    ),
    (
        lambda elsewhere: elsewhere.fingerprint(SITE, 4),
        "No build of k=4 on cpu@site-b was imported: export it there, and import it here.",
    ),
]


@pytest.mark.parametrize(("ask", "sentence"), MISSED, ids=[sentence[:40] for _, sentence in MISSED])
def test_what_is_missing_is_one_sentence(ask: Any, sentence: str) -> None:
    with pytest.raises(BuildError) as error:
        ask(Elsewhere(BUILDS))
    assert str(error.value) == sentence


def test_those_that_belong_to_a_validation_are_picked() -> None:
    others = [build(recipe=replace(RECIPE, seed=1)), build(problem={"source": "other"})]
    assert belonging([*others, *BUILDS], "data", [RECIPE], {}).builds == tuple(BUILDS)


FOREIGN = [
    ([], "No build was imported into this store: run python -m longcon import FILE first."),
    ([build(recipe=replace(RECIPE, k=4))], "another k (4)"),
    ([build(recipe=replace(RECIPE, seed=1, epochs=9))], "another epochs (9, not 8), seed (1, not 0)"),
    ([build(problem={"source": "other"})], "another problem or source"),
    (
        [replace(BUILDS[0], manifest={**BUILDS[0].manifest, "request": {**BUILDS[0].request, "data": "e"}})],
        "other data",
    ),
]


@pytest.mark.parametrize(("builds", "why"), FOREIGN, ids=[why[:30] for _, why in FOREIGN])
def test_where_none_belongs_the_first_is_told_of(builds: list[Build], why: str) -> None:
    with pytest.raises(StoreError) as error:
        belonging(builds, "data", [RECIPE], {})
    told = str(error.value)
    if builds:
        first = builds[0]
        why = (
            f"No imported build belongs to this validation: {first.title} ({first.folder.name}) is of {why}: give the "
            "options or the protocol that it was trained with."
        )
    assert told == why


def test_a_reference_of_another_recipe_is_refused() -> None:
    require_reference_of(BUILDS[2], "data", RECIPE, {})
    with pytest.raises(StoreError) as error:
        require_reference_of(BUILDS[2], "data", replace(RECIPE, weight_decay=0.5), {})
    assert str(error.value) == (
        f"The reference {BUILDS[2].folder.name} (k=2 float64 on cpu@site-b, replicate 1) is of another weight decay "
        f"({RECIPE.weight_decay}, not 0.5): give the options or the protocol that it was trained with."
    )


def test_a_recipe_of_before_the_epsilon_was_part_of_it_has_the_default() -> None:
    request = BUILDS[2].request
    recipe = {name: value for name, value in request["recipe"].items() if name != "layer_norm_epsilon"}
    former = replace(BUILDS[2], manifest={**BUILDS[2].manifest, "request": {**request, "recipe": recipe}})
    require_reference_of(former, "data", RECIPE, {})
    with pytest.raises(StoreError, match=r"is of another layer norm epsilon \(1e-05, not 0\.1\): give the options"):
        require_reference_of(former, "data", replace(RECIPE, layer_norm_epsilon=0.1), {})


def test_a_build_that_names_no_device_is_refused() -> None:
    with pytest.raises(StoreError, match=r"^Imported build \S+ was trained on a device that is none: Device 'tpu'"):
        belonging([build("tpu")], "data", [RECIPE], {})


def test_devices_are_picked_by_name_or_all() -> None:
    elsewhere = Elsewhere(BUILDS)
    assert elsewhere.of(["imported"]) is elsewhere
    assert elsewhere.of(["cpu@site-b"]).builds == tuple(BUILDS[1:4])


NOT_PICKED = [
    (
        BUILDS,
        ["cpu@site-c"],
        "No imported build is of device 'cpu@site-c' - did you mean 'cpu@site-b'?: give cpu@site-a, cpu@site-b, "
        "cpu+order:1@site-b or imported, or import its builds.",
    ),
    (
        BUILDS[3:4],
        ["imported"],
        "No imported build is one to compare with: export all builds of the other machine, and import them.",
    ),
]


@pytest.mark.parametrize(("builds", "names", "sentence"), NOT_PICKED, ids=["unknown", "resumed alone"])
def test_a_device_without_builds_is_one_sentence(builds: list[Build], names: list[str], sentence: str) -> None:
    with pytest.raises(StoreError) as error:
        Elsewhere(builds).of(names)
    assert str(error.value) == sentence
