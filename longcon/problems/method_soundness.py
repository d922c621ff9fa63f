"""What must hold of a problem's method - model, outputs, loss, optimiser - before anything is trained by it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from longcon.errors import ProblemError
from longcon.problems.problem import ProblemData
from longcon.problems.user_code import saying_where
from longcon.training import Recipe
from longcon.training.optimiser_state import arrays_of


def require_model(model: object, name: str) -> None:
    """Checks that what model() returned is a model with sized parameters to train, whose state can be kept.

    Args:
        model: whatever it is.
        name: of the problem, for errors.

    Raises:
        ProblemError: it is not.
    """
    if not isinstance(model, nn.Module):
        raise ProblemError(f"model() of problem {name} returned {in_words(model)}: return a torch.nn.Module.")
    if not any(value.requires_grad for value in model.parameters()):
        raise ProblemError(
            f"model() of problem {name} returned a {type(model).__name__} without a parameter to train: "
            "give it parameters that require gradients."
        )
    lazy = next((key for key, value in model.named_parameters() if isinstance(value, nn.UninitializedParameter)), None)
    if lazy is not None:
        raise ProblemError(
            f"Parameter {lazy} of problem {name} has no shape yet: give the layer its sizes in place of a lazy one."
        )
    _require_state(model, name)


def require_epsilon(model: nn.Module, name: str, recipe: Recipe) -> None:
    """Checks that an epsilon which somebody asked for is that of the model, so that no report says what is not so.

    Raises:
        ProblemError: the model has no layer normalisation, or one with another epsilon.
    """
    asked, found = recipe.layer_norm_epsilon, {one.eps for one in model.modules() if isinstance(one, nn.LayerNorm)}
    if asked != Recipe(k=1).layer_norm_epsilon and found != {asked}:
        has = f"normalises with {', '.join(f'{one:g}' for one in sorted(found))}" if found else "has no LayerNorm"
        raise ProblemError(
            f"--layer-norm-epsilon is {asked:g}, but the model of problem {name} {has}: take recipe.layer_norm_epsilon "
            "there, or leave it out."
        )


def require_portable(model: nn.Module) -> None:
    """Checks that portable arithmetic has a form of every layer of a chain.

    Raises:
        RecipeError: a layer has none.
    """
    # Imported where it is used: native training does not wait for a compiler to load.
    from longcon.training.portable.model import portable_layers  # noqa: PLC0415

    assert isinstance(model, nn.Sequential)
    portable_layers(model)


def require_outputs(outputs: object, cases: int, data: ProblemData, dtype: torch.dtype, name: str) -> None:
    """Checks that what a model returned is one finite logit for each case and class, in the type of the inputs.

    Args:
        outputs: whatever it returned.
        cases: that it was given.
        data: of the problem, which has the classes.
        dtype: of the inputs.
        name: of the problem, for errors.

    Raises:
        ProblemError: it is not.
    """
    wanted = (cases, len(data.classes))
    if not isinstance(outputs, Tensor):
        raise ProblemError(
            f"The model of problem {name} returned {in_words(outputs)}: return a tensor of cases x classes."
        )
    if tuple(outputs.shape) != wanted:
        raise ProblemError(
            f"The model of problem {name} returned shape {tuple(outputs.shape)} for {cases} cases and {wanted[1]} "
            f"classes: return {wanted[0]} x {wanted[1]}, one logit for each class."
        )
    if outputs.dtype != dtype:
        raise ProblemError(
            f"The model of problem {name} returned {outputs.dtype} from {dtype}: compute in the type of the inputs."
        )
    if not outputs.isfinite().all():
        raise ProblemError(
            f"The model of problem {name} returned a number that is not finite: look at its initial values and at the "
            "range of the measurements."
        )


def require_loss(value: object, name: str) -> None:
    """Checks that what a loss returned is one finite number with a gradient.

    Raises:
        ProblemError: it is not.
    """
    if not isinstance(value, Tensor) or value.dim() != 0:
        shown = f"of shape {tuple(value.shape)}" if isinstance(value, Tensor) else in_words(value)
        raise ProblemError(f"The loss of problem {name} is {shown}: return one number, the mean over the minibatch.")
    if not value.requires_grad:
        raise ProblemError(f"The loss of problem {name} has no gradient: compute it from the outputs by torch.")
    if not value.isfinite():
        raise ProblemError(f"The loss of problem {name} is {float(value.detach())} on the first minibatch: correct it.")


def require_optimiser(optimiser: object, model: nn.Module, name: str) -> None:
    """Checks that what optimiser() returned is an optimiser of every parameter that is trained.

    Raises:
        ProblemError: it is none, or leaves out a parameter.
    """
    if not isinstance(optimiser, torch.optim.Optimizer):
        raise ProblemError(
            f"optimiser() of problem {name} returned {in_words(optimiser)}: return a torch.optim.Optimizer."
        )
    held = {id(value) for group in optimiser.param_groups for value in group["params"]}
    trained = [key for key, value in model.named_parameters() if value.requires_grad]
    left = [key for key, value in model.named_parameters() if value.requires_grad and id(value) not in held]
    if left:
        raise ProblemError(
            f"optimiser() of problem {name} leaves out {len(left)} of {len(trained)} parameters, first {left[0]}: "
            "give it all that it is handed, or let what is not trained require no gradient."
        )


def require_closure_called(optimiser: torch.optim.Optimizer, calls: Sequence[bool], name: str) -> None:
    """Checks that a step called the closure that it was given.

    Args:
        optimiser: that made the step.
        calls: an entry for each call of the closure.
        name: of the problem, for errors.

    Raises:
        ProblemError: it did not.
    """
    if not calls:
        raise ProblemError(
            f"The {type(optimiser).__name__} of problem {name} does not call the closure that its step() is given, "
            "which computes loss and gradients: call it, as the optimisers of torch.optim do."
        )


def require_resumable(optimiser: torch.optim.Optimizer, name: str) -> None:
    """Checks that a checkpoint holds all that an optimiser keeps from step to step.

    Raises:
        ProblemError: it does not.
    """
    try:
        arrays_of(optimiser)
    except ValueError as error:
        raise ProblemError(
            f"The {type(optimiser).__name__} of problem {name} cannot go on from a checkpoint, since {error}: "
            "give another optimiser."
        ) from None


def in_words(value: object) -> str:
    """Returns what a value is: None, or its type with an article."""
    name = type(value).__name__
    return "None" if value is None else f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def _require_state(model: nn.Module, name: str) -> None:
    """Checks that the state of a model, which is kept and compared, holds plain numbers and every parameter."""
    with saying_where(f"state_dict() of the model of problem {name}"):
        held = model.state_dict()
    for key, value in held.items():
        if not isinstance(value, Tensor) or value.layout != torch.strided or value.is_complex():
            raise ProblemError(
                f"The state of the model of problem {name} holds {key}, {_kind(value)}: keep dense tensors of real "
                "numbers there, and anything else out of it."
            )
    left = next((key for key, _ in model.named_parameters() if key not in held), None)
    if left is not None:
        raise ProblemError(f"The state of the model of problem {name} lacks parameter {left}: leave none out of it.")


def _kind(value: object) -> str:
    if not isinstance(value, Tensor):
        return in_words(value)
    return f"a tensor of {value.dtype}" if value.layout == torch.strided else f"a tensor in {value.layout}"
