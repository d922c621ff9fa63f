"""The first layer's update without its gradient: formed and applied block by block, in Adamax's own operations.

Nearly all parameters stand in the first layer, so the time of a step is the time to move its gradient and its moments
through memory. Here a block of rows that fits the cache takes the whole update before the next block begins, and the
gradient is never held as a whole. The operations and their order are those of torch.optim.Adamax, so the bits are too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

import torch
from torch import Tensor, nn

from longcon.draws import Draws
from longcon.training.reading import Reading
from longcon.training.recipe import Recipe

# 1.6 MB of float64: gradient, weights and moments of a block then fit a processor's second and third level cache.
BLOCK_VALUES = 200_000
# Kernels of matrix products take rows in multiples of four; other blocks fall to other kernels, and so to other bits.
ROW_MULTIPLE = 4


class FirstLayer:
    """A Linear layer whose weight is updated in place, a block of rows at a time.

    Args:
        layer: its weight is updated; its bias is left to an optimiser.
        recipe: learning rate, penalty and constants of Adamax.
        batch_sizes: the numbers of cases that its inputs will hold.
        block_values: how many weights to update at a time; a GPU takes them all at once.

    Attributes:
        moment: Adamax's first moments of the weight.
        norm: its infinity norms.
    """

    def __init__(
        self, layer: nn.Linear, recipe: Recipe, batch_sizes: Collection[int], block_values: int = BLOCK_VALUES
    ) -> None:
        self._layer, self._recipe, self._steps = layer, recipe, 0
        weight = layer.weight.detach()
        self.moment, self.norm = moment, norm = torch.zeros_like(weight), torch.zeros_like(weight)
        wanted = max(ROW_MULTIPLE, block_values // weight.shape[1] // ROW_MULTIPLE * ROW_MULTIPLE)
        whole = weight.is_cuda or weight.numel() <= block_values or not _same_bits(weight, wanted, batch_sizes)
        rows = len(weight) if whole else wanted
        blocks = [slice(start, start + rows) for start in range(0, len(weight), rows)]
        self._blocks = [(block, weight[block], moment[block], norm[block]) for block in blocks]
        self._gradient = torch.empty_like(weight[:rows])
        self._read: list[Callable[[], None]] = [_read_nothing] * len(blocks)

    def __call__(self, inputs: Tensor) -> Tensor:
        """Returns the layer's outputs, cases x units, as a leaf that gathers their gradient."""
        with torch.no_grad():
            outputs = nn.functional.linear(inputs, self._layer.weight, self._layer.bias)
        return outputs.requires_grad_()

    def follow(self, reading: Reading) -> None:
        """Gives ``reading`` every block of rows right after its update, while it is in the cache, from now on."""
        self._read = [reading.reader(rows, weight) for rows, weight, *_ in self._blocks]

    def resume(self, moment: Tensor, norm: Tensor, steps: int) -> None:
        """Goes on from moments and norms after a number of steps; the weight is the layer's."""
        self.moment.copy_(moment)
        self.norm.copy_(norm)
        self._steps = steps

    @torch.no_grad()
    def step(self, inputs: Tensor, outputs: Tensor) -> None:
        """Updates the weight, and gives the bias its gradient, from the gradient of ``outputs``.

        Args:
            inputs: of the minibatch.
            outputs: what the call with these inputs returned.
        """
        gradient, recipe = outputs.grad, self._recipe
        assert gradient is not None
        self._layer.bias.grad = gradient.sum(0)
        self._steps += 1
        first, second = recipe.betas
        rate = recipe.learning_rate / (1 - first**self._steps)
        for (rows, weight, moment, norm), read in zip(self._blocks, self._read, strict=True):
            block = self._gradient[: len(weight)]
            torch.mm(gradient[:, rows].t(), inputs, out=block)
            if recipe.weight_decay != 0:
                block.add_(weight, alpha=recipe.weight_decay)
            moment.lerp_(block, 1 - first)
            torch.maximum(norm.mul_(second), block.abs_().add_(recipe.epsilon), out=norm)
            weight.addcdiv_(moment, norm, value=-rate)
            read()


def _read_nothing() -> None:
    pass


def _same_bits(weight: Tensor, rows: int, batch_sizes: Collection[int]) -> bool:
    """Whether, on this device, the gradient of each block has the bits of the whole gradient's rows.

    Which kernel a matrix product takes depends on its shape and on the processor, not on the values; so one product of
    drawn values tells.
    """
    draws = Draws(0, "blocks of the first layer")
    for cases in batch_sizes:
        gradient = torch.from_numpy(draws.normal(cases, len(weight))).to(weight)
        inputs = torch.from_numpy(draws.normal(cases, weight.shape[1])).to(weight)
        whole = gradient.t() @ inputs
        for start in range(0, len(weight), rows):
            block = slice(start, start + rows)
            if not torch.equal(torch.mm(gradient[:, block].t(), inputs), whole[block]):
                return False
    return True
