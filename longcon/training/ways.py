"""The ways to train a model: the paper's fast one, any model's, and portable arithmetic.

All native ways give the bits of the same plain loop, so which one is taken is a matter of time alone.
"""

from __future__ import annotations

from typing import Literal

from torch import nn

from longcon.errors import RecipeError
from longcon.training.chain import chain_of, hooked, uses_twice, why_no_chain
from longcon.training.method import Loss, Method, is_adamax, is_cross_entropy
from longcon.training.recipe import Recipe
from longcon.training.recorder import Asked

Way = Literal["native", "generic", "portable"]


def way_to_train(method: Method, model: nn.Module, recipe: Recipe, asked: Asked | None) -> Way:
    """Returns the fastest way to train a model.

    Args:
        method: loss and optimiser.
        model: at its initial values.
        recipe: of the training.
        asked: what is kept of every step besides.

    Raises:
        RecipeError: portable arithmetic has no form of a part of the method, or detail is asked of another training
            than the paper's; the text names the part.
    """
    other = _other_than_the_papers(method, model, recipe)
    if recipe.arithmetic == "portable":
        if other is not None:
            raise RecipeError(
                f"Portable arithmetic trains a Sequential by cross-entropy and Adamax, but {other}: "
                "change that, or give --arithmetic=native."
            )
        return "portable"
    other = other or _not_plain(model)
    if other is None:
        return "native"
    if asked is not None and asked.detail:
        raise RecipeError(
            f"Detail of every step is kept where the paper's method trains, but {other}: do not ask for it."
        )
    return "generic"


def _other_than_the_papers(method: Method, model: nn.Module, recipe: Recipe) -> str | None:
    """Returns what of the training is not the paper's, in words; None if nothing is."""
    if type(model) is not nn.Sequential:
        return f"the model is a {type(model).__name__}, not a Sequential of layers"
    frozen = next((name for name, value in model.named_parameters() if not value.requires_grad), None)
    if frozen is not None:
        return f"parameter {frozen} is not trained"
    if uses_twice(model):
        return "the model uses a layer or a parameter twice"
    hook = hooked(model)
    return f"the model {hook}" if hook is not None else _other_update(method, model, recipe)


def _other_update(method: Method, model: nn.Module, recipe: Recipe) -> str | None:
    """Returns what of loss and optimiser is not the paper's, in words; None if nothing is."""
    loss: Loss = method.loss()
    if not is_cross_entropy(loss):
        return f"the loss is {_named(loss)}, not the plain mean cross-entropy"
    optimiser = method.optimiser(list(model.parameters()), recipe)
    if not is_adamax(optimiser, recipe):
        return f"the optimiser is {type(optimiser).__name__}, not Adamax with the recipe's constants"
    held = {id(value) for group in optimiser.param_groups for value in group["params"]}
    left = next((name for name, value in model.named_parameters() if id(value) not in held), None)
    return None if left is None else f"the optimiser leaves out {left}"


def _not_plain(model: nn.Module) -> str | None:
    """Returns what keeps a Sequential from the paper's fast way, in words; None if nothing does."""
    stages = chain_of(model)
    if stages is None:
        return f"the model {why_no_chain(model)}"
    if any(True for _ in model.buffers()):
        return "the model keeps buffers"
    first = stages[0].linear
    if first != "0":
        return f"the model's first layer is named {first}, not 0"
    return None if model.get_submodule(first).bias is not None else "the model's first layer has no bias"


def _named(loss: Loss) -> str:
    return str(loss) if isinstance(loss, nn.Module) else getattr(loss, "__name__", type(loss).__name__)
