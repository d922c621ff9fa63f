"""Follows a native training and keeps its detail; costs nothing where none is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from longcon.draws import Draws
from longcon.training.detail import Bits, Detail, Series
from longcon.training.digest import Digest
from longcon.training.layout import Layout
from longcon.training.network import first_linear
from longcon.training.ordering import Ordering
from longcon.training.reading import Reading
from longcon.training.recipe import Recipe
from longcon.training.sketch import SIZE, Sketch, folded

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
        layout: where its parameters are held.
        sketch: of them.
        digest: of them.
        recipe: of the training.
        steps: of the whole training.
    """

    def __init__(
        self,
        model: nn.Sequential,
        ordering: Ordering,
        layout: Layout,
        sketch: Sketch,
        digest: Digest,
        recipe: Recipe,
        steps: int,
    ) -> None:
        self._second = recipe.betas[1]
        weight = first_linear(model).weight.detach()
        self._reading = Reading(sketch, digest, weight)
        self._moments, self._norms = (np.zeros((steps + 1, SIZE)) for _ in range(2))
        draws = Draws(0, "sides of the maximum")
        natural = _without_replacement(draws, weight.numel(), SIDES_OF_FIRST)
        rows, columns = np.divmod(natural, weight.shape[1])
        held = layout.rows[rows] * weight.shape[1] + layout.columns[columns]
        others = layout.others[_without_replacement(draws, len(layout.others), SIDES_OF_OTHERS)]
        self._counts = len(held), len(others)
        self._sampled, self._sampled_others = (torch.from_numpy(p).to(weight.device) for p in (held, others))
        self._sides = np.zeros((steps, -(-sum(self._counts) // 8)), dtype=np.uint8)
        self._former = torch.zeros(sum(self._counts), dtype=weight.dtype, device=weight.device)
        self._seen: dict[str, Tensor] = {}
        self._variances: dict[str, Series] = {}
        self._passed: dict[str, Bits] = {}
        self._natural: dict[str, NDArray[np.int64]] = {}
        # Of the outputs no order is known, so a threshold behind the last Linear is not followed.
        hidden, natural = iter(ordering.units), np.arange(0)
        for name, module in model.named_children():
            if isinstance(module, nn.Linear):
                natural = np.argsort(next(hidden, natural[:0]))
            elif isinstance(module, nn.LayerNorm):
                self._variances[name] = np.zeros(steps)
                module.register_forward_hook(self._hook(name, of_input=True))
            elif isinstance(module, nn.Softshrink | nn.ReLU) and len(natural):
                self._natural[name] = natural
                self._passed[name] = np.zeros((steps, recipe.k, -(-len(natural) // 8)), dtype=np.uint8)
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
        self._moments[number], self._norms[number] = self._sketched(moments), self._sketched(norms)
        present = self._sample(norms)
        self._sides[number - 1] = np.packbits((present > self._former * self._second).cpu().numpy())
        self._former = present

    def series(self) -> dict[str, NDArray[Any]]:
        """Returns everything that grows step by step, by name, as long as the whole training needs it."""
        return {
            "moments": self._moments,
            "norms": self._norms,
            "sides": self._sides,
            **{f"variances/{name}": value for name, value in self._variances.items()},
            **{f"passed/{name}": value for name, value in self._passed.items()},
        }

    def resume(self, norms: Held) -> None:
        """Goes on, its series already filled, from the norms of the last step."""
        self._former = self._sample(norms)

    def detail(self, sketches: Series) -> Detail:
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

    def _sample(self, norms: Held) -> Tensor:
        first, others = norms.first.reshape(-1)[self._sampled], _end_to_end(norms)[self._sampled_others]
        return torch.cat([first, others])

    def _sketched(self, held: Held) -> Series:
        self._reading.read(held.first)
        return self._reading.sketch(_end_to_end(held)).cpu().numpy()

    def _hook(self, name: str, *, of_input: bool) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
        # The tensor alone is kept: scores call the modules too, and only a training step has a use for it.
        def keep(_: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            self._seen[name] = (inputs[0] if of_input else output).detach()

        return keep


def _end_to_end(held: Held) -> Tensor:
    return torch.cat([value.reshape(-1) for value in held.others])


def _without_replacement(draws: Draws, count: int, wanted: int) -> NDArray[np.int64]:
    """Returns ``wanted`` different numbers below ``count`` in random order; all of them where they are fewer."""
    if count <= 2 * wanted:
        return draws.permutation(count)[:wanted]
    # Of twice as many draws from twice as many numbers, 1.26 times as many are expected to differ.
    drawn = (draws.words(2 * wanted) % np.uint64(count)).astype(np.int64)
    _, first = np.unique(drawn, return_index=True)
    return drawn[np.sort(first)[:wanted]]
