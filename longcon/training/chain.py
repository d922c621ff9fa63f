"""Chains: models in which features and hidden units may be taken in any order, mathematically without effect.

A chain is a Sequential of fully connected layers with layers between that treat every unit alike: normalisation over
the units and functions of one number. To permute its inputs, the units of a layer and the columns of the next changes
the order of every sum and no exact result. A convolution has its order in its shape, and a dropout draws by position.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

_NORMALISATIONS = (nn.LayerNorm, nn.BatchNorm1d)
_OF_ONE_NUMBER = (
    nn.Identity,
    nn.Softshrink,
    nn.Hardshrink,
    nn.Tanhshrink,
    nn.ReLU,
    nn.ReLU6,
    nn.LeakyReLU,
    nn.ELU,
    nn.SELU,
    nn.CELU,
    nn.GELU,
    nn.SiLU,
    nn.Mish,
    nn.Softplus,
    nn.Softsign,
    nn.Tanh,
    nn.Hardtanh,
    nn.Sigmoid,
    nn.Hardsigmoid,
    nn.Hardswish,
    nn.LogSigmoid,
)
_OVER_CLASSES = (nn.Softmax, nn.LogSoftmax)


@dataclass(frozen=True)
class Stage:
    """A fully connected layer, and the layers between it and the next that hold one number for each unit.

    Attributes:
        linear: name of the fully connected layer.
        units: its number of units.
        norms: names of the others.
    """

    linear: str
    units: int
    norms: tuple[str, ...] = ()


def chain_of(model: nn.Module) -> tuple[Stage, ...] | None:
    """Returns the stages of a chain, the last of them that of the classes; None for any other model."""
    return None if why_no_chain(model) is not None else tuple(_stages(model))


def why_no_chain(model: nn.Module) -> str | None:
    """Returns what keeps a model from being a chain, to be read after "it"; None for a chain."""
    # The exact classes, here and below: a subclass may compute anything.
    if type(model) is not nn.Sequential:
        return f"is a {type(model).__name__}, not a Sequential"
    layers = _layers(model)
    if not layers or type(layers[0][1]) is not nn.Linear:
        return "does not begin with a Linear layer"
    if uses_twice(model):
        return "uses a layer or a parameter twice"
    frozen = next((name for name, value in model.named_parameters() if not value.requires_grad), None)
    if frozen is not None:
        return f"does not train {frozen}"
    last = max(number for number, (_, module) in enumerate(layers) if type(module) is nn.Linear)
    told = (_stands_against(module, of_classes=number > last) for number, (_, module) in enumerate(layers))
    found = ((text, name) for text, (name, _) in zip(told, layers, strict=True) if text is not None)
    return next((f"has {text}, layer {name}" for text, name in found), None) or hooked(model)


def uses_twice(model: nn.Sequential) -> bool:
    """Whether two layers of a model hold the same tensor; a layer that holds none may stand twice."""
    held = [id(value) for module in model for value in (*module.parameters(), *module.buffers())]
    return len(set(held)) < len(held)


def hooked(model: nn.Module) -> str | None:
    """Returns where functions are hooked to a model, which may compute anything; None where there are none."""
    modules = ((name or "the whole", module) for name, module in model.named_modules())
    hooks = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    of_tensors = ("_backward_hooks", "_post_accumulate_grad_hooks")
    places = [(name, getattr(module, kind)) for name, module in modules for kind in hooks]
    places += [(name, getattr(value, kind)) for name, value in model.named_parameters() for kind in of_tensors]
    return next((f"has a hook on {name}" for name, found in places if found), None)


def _stands_against(module: nn.Module, *, of_classes: bool) -> str | None:
    """Returns what is wrong with a layer in a chain, None if nothing is."""
    name = type(module).__name__
    if type(module) in _NORMALISATIONS:
        if of_classes:
            return f"a {name} over its classes"
        over = len(module.normalized_shape) if type(module) is nn.LayerNorm else 1
        return None if over == 1 else f"a {name} over {over} dimensions"
    known = (nn.Linear, *_OF_ONE_NUMBER, *(_OVER_CLASSES if of_classes else ()))
    return None if type(module) in known else f"a {name}"


def _layers(model: nn.Module) -> list[tuple[str, nn.Module]]:
    """Returns the layers by name; named_children would leave out one that stands twice."""
    named = model.named_modules(remove_duplicate=False)
    return [(name, module) for name, module in named if name and "." not in name]


def _stages(model: nn.Module) -> list[Stage]:
    stages: list[Stage] = []
    for name, module in _layers(model):
        if type(module) is nn.Linear:
            stages.append(Stage(name, module.out_features))
        elif type(module) in _NORMALISATIONS:
            former = stages.pop()
            stages.append(Stage(former.linear, former.units, (*former.norms, name)))
    return stages
