"""Follows a native training and keeps its detail; costs nothing where none is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from longcon.training.detail import Detail
from longcon.training.network import first_linear
from longcon.training.ordering import Ordering
from longcon.training.sketch import Sketch, folded

# 4,096 in all where there are enough of each.
SIDES_OF_FIRST = 3_072
SIDES_OF_OTHERS = 1_024


class Held(NamedTuple):
    """Numbers that stand beside the parameters, such as moments, as they are held.

    Attributes:
        first: those of the first weight.
        others: those of all other parameters, in the order of the state_dict.
    """

    first: Tensor
    others: list[Tensor]


class DetailRecorder:
    """Keeps what `Detail` holds.

    Args:
        model: the network, trained by calling its modules.
        ordering: the order in which it is held.
        sketch: of its parameters.
        steps: of the whole training.
        k: cases in a minibatch.
        second: Adamax's beta2.
    """

    def __init__(
        self, model: nn.Sequential, ordering: Ordering, sketch: Sketch, steps: int, k: int, second: float
    ) -> None:
        self._sketch, self._second, self._steps = sketch, second, steps
        weight = first_linear(model).weight.detach()
        self._positions = torch.from_numpy(sketch.rows * weight.shape[1] + sketch.columns).to(weight.device)
        self._moments, self._norms = (np.zeros((steps + 1, 256)) for _ in range(2))
        self._counts = (min(SIDES_OF_FIRST, len(sketch.rows)), min(SIDES_OF_OTHERS, len(sketch.others)))
        self._sides = np.zeros((steps, -(-sum(self._counts) // 8)), dtype=np.uint8)
        self._former = torch.zeros(sum(self._counts), dtype=weight.dtype, device=weight.device)
        self._seen: dict[str, Tensor] = {}
        self._variances: dict[str, np.ndarray[Any, np.dtype[np.float64]]] = {}
        self._passed: dict[str, np.ndarray[Any, np.dtype[np.uint8]]] = {}
        self._natural: dict[str, np.ndarray[Any, np.dtype[np.int64]]] = {}
        hidden = iter([*map(np.argsort, ordering.units), None])
        natural = None
        for name, module in model.named_children():
            if isinstance(module, nn.Linear):
                natural = next(hidden)
            elif isinstance(module, nn.LayerNorm):
                self._variances[name] = np.zeros(steps)
                module.register_forward_hook(self._hook(name, of_input=True))
            elif isinstance(module, nn.Softshrink | nn.ReLU) and natural is not None:
                self._natural[name] = natural
                self._passed[name] = np.zeros((steps, k, -(-len(natural) // 8)), dtype=np.uint8)
                module.register_forward_hook(self._hook(name, of_input=False))

    def step(self, number: int) -> None:
        """Keeps what the last forward pass showed, as step ``number``."""
        for name, variances in self._variances.items():
            variances[number] = float(self._seen[name].var(dim=-1, unbiased=False).amin())
        for name, natural in self._natural.items():
            passed = (self._seen[name] != 0).cpu().numpy()[:, natural]
            self._passed[name][number, : len(passed)] = np.packbits(passed, axis=-1)

    def state(self, number: int, moments: Held, norms: Held) -> None:
        """Keeps Adamax's moments and norms after ``number`` updates, and which side each maximum took."""
        self._moments[number] = self._sketch(*self._taken(moments)).cpu().numpy()
        first, others = self._taken(norms)
        self._norms[number] = self._sketch(first, others).cpu().numpy()
        present = torch.cat([first[: self._counts[0]], others[: self._counts[1]]])
        taken = (present > self._former * self._second).cpu().numpy()
        self._sides[number - 1] = np.packbits(taken)
        self._former = present

    def detail(self, sketches: np.ndarray[Any, np.dtype[np.float64]]) -> Detail:
        """Returns what was kept, with the trajectory's sketches."""
        units = {name: len(natural) for name, natural in self._natural.items()}
        return Detail(
            folded(sketches),
            folded(self._moments),
            folded(self._norms),
            self._variances,
            self._passed,
            units,
            self._sides,
            *self._counts,
        )

    def _taken(self, held: Held) -> tuple[Tensor, Tensor]:
        others = torch.cat([value.reshape(-1) for value in held.others])
        return held.first.reshape(-1)[self._positions], others[self._sketch.others]

    def _hook(self, name: str, *, of_input: bool) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
        # The tensor alone is kept: scores call the modules too, and only a training step has a use for it.
        def keep(_: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            self._seen[name] = (inputs[0] if of_input else output).detach()

        return keep
