"""A method: the model, the loss and the optimiser of a problem; what a recipe does not fix."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

import torch
from torch import Tensor, nn

from longcon.training.initialisation import initial_state
from longcon.training.network import network, with_state
from longcon.training.recipe import Recipe

Loss = Callable[[Tensor, Tensor], Tensor]
"""From outputs, cases x classes, and labels, int64: the mean loss of the cases, a scalar."""


class Method(Protocol):
    """What is trained, and by what."""

    def model(self, features: int, classes: int, recipe: Recipe) -> nn.Module:
        """Returns a new model at its initial values, on the CPU.

        It takes cases x features and returns cases x classes; the softmax of that is the score of Definition 1.

        Args:
            features: width p of the measurements.
            classes: number of classes.
            recipe: of the training.
        """

    def loss(self) -> Loss:
        """Returns the loss of a minibatch."""

    def optimiser(self, parameters: Iterable[nn.Parameter], recipe: Recipe) -> torch.optim.Optimizer:
        """Returns the optimiser of the parameters that are trained."""


class PaperMethod:
    """The paper's method: fully connected layers, cross-entropy and Adamax (Section IV-C)."""

    def model(self, features: int, classes: int, recipe: Recipe) -> nn.Module:
        """Returns the paper's network with the recipe's hidden layers, its values drawn from the recipe's seed."""
        start = initial_state(features, recipe.widths, classes, recipe.seed, recipe.dtype)
        tensors = {name: torch.from_numpy(value) for name, value in start.items()}
        empty = network(features, recipe.widths, classes, getattr(torch, recipe.dtype), recipe.layer_norm_epsilon)
        return with_state(empty, tensors, torch.device("cpu"))

    def loss(self) -> Loss:
        """Returns the mean cross-entropy."""
        return nn.CrossEntropyLoss()

    def optimiser(self, parameters: Iterable[nn.Parameter], recipe: Recipe) -> torch.optim.Optimizer:
        """Returns Adamax with the recipe's constants; its L2 penalty is the optimiser's weight decay."""
        return torch.optim.Adamax(
            parameters,
            lr=recipe.learning_rate,
            betas=recipe.betas,
            eps=recipe.epsilon,
            weight_decay=recipe.weight_decay,
        )


# Others that may do so say it in their groups.
_DECOUPLED = (torch.optim.Adafactor, torch.optim.Muon)


def loss_of(method: Method, recipe: Recipe, device: torch.device) -> Loss:
    """Returns a method's loss; the tensors of one that is a module are in the recipe's precision and on a device."""
    loss = method.loss()
    return loss.to(device, getattr(torch, recipe.dtype)) if isinstance(loss, nn.Module) else loss


def is_cross_entropy(loss: Loss) -> bool:
    """Whether a loss is the plain mean cross-entropy."""
    return loss is nn.functional.cross_entropy or (
        type(loss) is nn.CrossEntropyLoss
        and loss.weight is None
        and (loss.ignore_index, loss.reduction, loss.label_smoothing) == (-100, "mean", 0.0)
    )


def is_adamax(optimiser: torch.optim.Optimizer, recipe: Recipe) -> bool:
    """Whether an optimiser is Adamax with the recipe's constants and nothing besides."""
    if type(optimiser) is not torch.optim.Adamax or len(optimiser.param_groups) != 1:
        return False
    # PyTorch has no public name for what was hooked to a step.
    if optimiser._optimizer_step_pre_hooks or optimiser._optimizer_step_post_hooks:
        return False
    group = optimiser.param_groups[0]
    said = [group[name] for name in ("lr", "betas", "eps", "weight_decay", "maximize", "capturable", "differentiable")]
    constants = [recipe.learning_rate, recipe.betas, recipe.epsilon, recipe.weight_decay]
    return said == [*constants, False, False, False]


def penalty_of(method: Method, model: nn.Module, recipe: Recipe) -> float:
    """Returns the weight of the L2 penalty that a method's optimiser adds to the loss.

    A decay that is decoupled from the gradient, as AdamW's, is no penalty; neither are weights that differ by group.
    Of an optimiser that is not PyTorch's own, a weight decay is taken for a penalty.
    """
    optimiser = method.optimiser([value for value in model.parameters() if value.requires_grad], recipe)
    if isinstance(optimiser, _DECOUPLED):
        return 0.0
    groups = optimiser.param_groups
    weights = {0.0 if group.get("decoupled_weight_decay") else group.get("weight_decay", 0.0) for group in groups}
    return float(weights.pop()) if len(weights) == 1 else 0.0


def described(method: Method, features: int, classes: int, recipe: Recipe) -> dict[str, str]:
    """Returns model, loss and optimiser in words, as PyTorch tells them."""
    model = method.model(features, classes, recipe)
    loss = method.loss()
    optimiser = method.optimiser([value for value in model.parameters() if value.requires_grad], recipe)
    return {
        "model": str(model),
        "loss": str(loss) if isinstance(loss, nn.Module) else getattr(loss, "__qualname__", type(loss).__name__),
        "optimiser": str(optimiser),
    }
