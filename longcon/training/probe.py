"""The classifier's own training as a probe of a device: a few steps on drawn cases, whose bits tell how it computes."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from longcon.draws import Draws
from longcon.training.loop import trainer_for
from longcon.training.method import Method
from longcon.training.ordering import Ordering
from longcon.training.recipe import Recipe
from longcon.training.result import Cases
from longcon.training.state import parameters_of


def training_probe(
    method: Method, features: int, classes: int, recipe: Recipe, device: torch.device, ordering: Ordering | None
) -> dict[str, Tensor]:
    """Returns the parameters after an epoch of drawn cases, two minibatches or more, in natural order.

    Args:
        method: model, loss and optimiser.
        features: width p of the measurements.
        classes: number of classes.
        recipe: of the training.
        device: where to compute.
        ordering: the order of sums; natural when None.
    """
    draws = Draws(0, "training probe")
    # Every class, in whole minibatches: a model that normalises over cases has no form for a rest of one.
    cases = recipe.k * max(2, -(-classes // recipe.k))
    drawn = Cases(draws.normal(cases, features), np.arange(cases, dtype=np.int64) % classes)
    trainer = trainer_for(recipe, classes, drawn, device, ordering, None, method)
    trainer.epoch()
    state = parameters_of(trainer.state())
    return {"training": torch.cat([torch.from_numpy(state[name]).reshape(-1) for name in sorted(state)])}
