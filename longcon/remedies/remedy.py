"""What may make a recipe repeatable, the cheapest first (paper, Section III, Remark 4, and what was measured since)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from longcon.errors import ProtocolError
from longcon.protocol import Protocol

MINIBATCHES = (2, 4, 8)
# It moved the parting of builds of the default cohort by a factor of two, where clipping the gradient did harm.
LAYER_NORM_EPSILON = 0.1


@dataclass(frozen=True)
class Remedy:
    """A change to a recipe.

    Attributes:
        name: of its folder, e.g. ``"k-4"``.
        title: in words.
        protocol: with the change.
        refused: why it cannot be tried, in a sentence; mostly empty.
    """

    name: str
    title: str
    protocol: Protocol
    refused: str = ""


def remedies(start: Protocol, earlier: int | None) -> Iterator[Remedy]:
    """Yields what can be tried on a recipe, by what it costs.

    An earlier release costs no training and keeps the classifier's code and data path as they are; a larger minibatch
    and another recipe are another training, released anew at its own best epoch; portable arithmetic is another
    training loop.

    Args:
        start: the protocol, of one k.
        earlier: the epoch of an earlier release; None where there is none to try.
    """
    recipe = start.recipe
    if earlier is not None:
        yield Remedy("earlier-release", f"release at epoch {earlier}", _changed(start, release_epoch=earlier))
    (k,) = dict.fromkeys(recipe.k)
    for larger in MINIBATCHES:
        if larger > k:
            yield Remedy(f"k-{larger}", f"k = {larger}", _trained_anew(start, k=(larger,)))
    if recipe.layer_norm_epsilon < LAYER_NORM_EPSILON:
        yield Remedy(
            "layer-norm-epsilon",
            f"LayerNorm epsilon {LAYER_NORM_EPSILON:g}",
            _trained_anew(start, layer_norm_epsilon=LAYER_NORM_EPSILON),
        )
    yield Remedy(
        "learning-rate",
        f"learning rate {recipe.learning_rate / 2:.4g}",
        _trained_anew(start, learning_rate=recipe.learning_rate / 2),
    )
    if recipe.arithmetic == "native":
        yield _portable(start)


def _portable(start: Protocol) -> Remedy:
    """Returns portable arithmetic, which records no curvature and so cannot meet a requirement on it."""
    name, title = "portable-arithmetic", "portable arithmetic"
    try:
        plain = replace(start, advisory=replace(start.advisory, curvature_every=0))
    except ProtocolError as error:
        return Remedy(name, title, start, refused=f"It records no curvature. {error}")
    return Remedy(name, title, _changed(plain, arithmetic="portable"))


def _trained_anew(start: Protocol, **changes: Any) -> Protocol:
    """Returns a protocol of another training, whose best epoch is its own."""
    release = "last" if start.recipe.release_epoch == "last" else "best"
    return _changed(start, release_epoch=release, **changes)


def _changed(start: Protocol, **changes: Any) -> Protocol:
    return replace(start, recipe=replace(start.recipe, **changes))
