"""The training probe: the same twice, of every method, and with other bits where the order of sums is another."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from longcon.devices import enforce, parse_surrogate
from longcon.training import Ordering, PaperMethod, Recipe, started, training_probe
from longcon.training.method import Method
from longcon.training.state import trained_parameters
from tests.training.methods import FEATURES, METHODS

RECIPE = Recipe(k=3, widths=(9, 5))
ALL: dict[str, Method] = {"the paper's": PaperMethod(), **METHODS}


def _probe(method: Method, classes: int, ordering: Ordering | None = None) -> Tensor:
    enforce()
    (value,) = training_probe(method, FEATURES, classes, RECIPE, torch.device("cpu"), ordering).values()
    return value


# Of seven classes a k of 3 would leave one case alone, of which no normalisation over cases has statistics.
CASES = [*((name, 4) for name in ALL), ("the paper's", 7), ("batches", 7)]


@pytest.mark.parametrize(("name", "classes"), CASES, ids=[f"{name}-{classes}" for name, classes in CASES])
def test_every_method_is_probed(name: str, classes: int) -> None:
    first = _probe(ALL[name], classes)
    assert torch.equal(first, _probe(ALL[name], classes))
    assert first.isfinite().all()
    model = started(ALL[name], FEATURES, classes, RECIPE)
    # What is trained, each once: a parameter that is tied, or frozen, adds nothing.
    trained = trained_parameters(model)
    assert len(first) == sum(value.numel() for value in trained.values())
    untrained = torch.cat([value.detach().reshape(-1) for _, value in sorted(trained.items())])
    assert not torch.equal(first, untrained)


def test_another_order_of_sums_shows_in_its_bits_alone() -> None:
    features, *units = parse_surrogate("order:1").orders((FEATURES, *RECIPE.widths))
    there, here = (_probe(PaperMethod(), 4, order) for order in (Ordering(features, tuple(units)), None))
    assert not torch.equal(there, here)
    torch.testing.assert_close(there, here, rtol=1e-9, atol=1e-12)
