"""Follows a training step by step and returns its trajectory; no bit of the training depends on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from longcon.errors import RecipeError
from longcon.training.detail import array_of
from longcon.training.detail_recorder import DetailRecorder, Held
from longcon.training.digest import Digest
from longcon.training.layout import Layout, first_of, wide
from longcon.training.minibatches import steps_per_epoch
from longcon.training.ordering import Ordering
from longcon.training.reading import Reading
from longcon.training.recipe import Recipe
from longcon.training.sketch import SIZE, Sketch
from longcon.training.state import trained_parameters
from longcon.training.trajectory import Trajectory

Curvature = Callable[[nn.Module, Tensor, Tensor], tuple[float, float, float, float]]
"""From model, inputs and labels of a minibatch: residual, smallest eigenvalue, its error bound, largest eigenvalue."""


@dataclass(frozen=True)
class Asked:
    """What is kept of a training beyond what is always kept.

    Attributes:
        detail: whether `Detail` is.
        curvature: measures a minibatch before its update; it must leave the model as it was.
        curvature_every: at which updates: every so many, from the first on; 0 for none.
    """

    detail: bool = False
    curvature: Curvature | None = None
    curvature_every: int = 0

    def fits(self, recipe: Recipe) -> None:
        """Checks that the recipe's arithmetic can give what is asked for.

        Raises:
            RecipeError: it cannot.
        """
        for what, asked in (("Detail", self.detail), ("Curvature", self.curvature_every != 0)):
            if asked and recipe.arithmetic != "native":
                raise RecipeError(
                    f"{what} of every step is kept in native arithmetic only, but the recipe's is {recipe.arithmetic}: "
                    "give --arithmetic=native or do not ask for it."
                )
        if self.curvature_every < 0:
            raise RecipeError(
                f"Curvature is asked for every {self.curvature_every} steps: give 1 or more, or 0 for none."
            )


class Recorder:
    """What is kept of every step.

    Args:
        recipe: of the training.
        model: at its initial values; trained in place.
        ordering: the order in which it is held.
        cases: size of the training split.
        asked: what to keep beyond what is always kept.

    Attributes:
        reading: to be given the first weight after every update.

    Raises:
        RecipeError: the arithmetic cannot give what is asked for.
    """

    def __init__(
        self, recipe: Recipe, model: nn.Module, ordering: Ordering, cases: int, asked: Asked = Asked()
    ) -> None:
        asked.fits(recipe)
        steps = recipe.epochs * steps_per_epoch(cases, recipe.k)
        parameters = {name: value.detach() for name, value in trained_parameters(model).items()}
        named_first = first_of(parameters, ordering)
        self._first = first = wide(parameters[named_first])
        place, layout = first.device, Layout.of(parameters, ordering)
        self._others = [value for name, value in parameters.items() if name != named_first]
        # Wide enough for parameters of any precision: what is rounded here could hide a difference.
        self._flat = torch.zeros(sum(value.numel() for value in self._others), dtype=torch.float64, device=place)
        sketch, digest = Sketch(layout, place), Digest(layout, place)
        self._digest = digest
        self.reading = Reading(sketch, digest, first)
        self._detail = None
        if asked.detail:
            assert isinstance(model, nn.Sequential)
            self._detail = DetailRecorder(model, ordering, layout, sketch, digest, recipe, steps)
        self._asked, self._step, self._state = asked, 0, 0
        self._sketches = torch.zeros(steps + 1, SIZE, dtype=torch.float64, device=place)
        self._digests = torch.zeros(steps + 1, dtype=torch.int64, device=place)
        self._losses, self._norms = (torch.zeros(steps, dtype=torch.float64, device=place) for _ in range(2))
        self._curvature = np.full((steps, 4), np.nan)
        self.reading.read(first)
        self.state()

    def minibatch(self, model: nn.Module, inputs: Tensor, labels: Tensor) -> None:
        """Measures the curvature of the minibatch before its update, where that is asked for."""
        asked = self._asked
        if asked.curvature is not None and asked.curvature_every and self._step % asked.curvature_every == 0:
            self._curvature[self._step] = asked.curvature(model, inputs, labels)

    def step(self, loss: Tensor, gradient_square: Tensor) -> None:
        """Keeps a minibatch's loss, and the norm of its gradient from the square."""
        self._losses[self._step], self._norms[self._step] = loss.detach(), gradient_square.sqrt()
        if self._detail is not None:
            self._detail.step(self._step)
        self._step += 1

    def state(self, adamax: Callable[[], tuple[Held, Held]] | None = None) -> None:
        """Keeps sketch and digest of the parameters, after `reading` was given the first weight.

        Args:
            adamax: returns first moments and infinity norms; asked only when detail is kept.
        """
        others = self._end_to_end()
        self._sketches[self._state] = self.reading.sketch(others)
        self._digests[self._state] = self.reading.digest(others)
        if self._detail is not None and adamax is not None:
            self._detail.state(self._state, *adamax())
        self._state += 1

    def so_far(self) -> dict[str, NDArray[Any]]:
        """Returns a copy of what was kept of the steps that are done, by name."""
        return {name: self._done(series).cpu().numpy().copy() for name, series in self._series().items()}

    def resume(
        self, so_far: Mapping[str, NDArray[Any]], steps: int, adamax: Callable[[], tuple[Held, Held]] | None = None
    ) -> None:
        """Goes on from what `so_far` gave after a number of steps; the model already holds its parameters of then.

        Args:
            so_far: by name.
            steps: how many steps are done.
            adamax: as `state` takes it.

        Raises:
            ValueError: it is not the record of so many steps, or of these parameters; the text says why.
        """
        self._step, self._state = steps, steps + 1
        if so_far.keys() != self._series().keys():
            raise ValueError("its record of steps is another than what is asked for")
        for name, series in self._series().items():
            done = self._done(series)
            given = array_of(so_far, name, done.cpu().numpy().dtype, tuple(done.shape))
            if name in ("sketches", "losses", "gradient_norms") and not np.isfinite(given).all():
                raise ValueError(f"{name} are not finite")
            done.copy_(torch.from_numpy(given.copy()))
        self._require_digest()
        if self._detail is not None and adamax is not None:
            self._detail.resume(adamax()[1])

    def trajectory(self) -> Trajectory:
        """Returns what was kept of the finished training."""
        sketches = self._sketches.cpu().numpy()
        residuals, smallest, smallest_errors, largest = np.ascontiguousarray(self._curvature.T)
        return Trajectory(
            sketches,
            self._digests.cpu().numpy().view(np.uint64),
            self._losses.cpu().numpy(),
            self._norms.cpu().numpy(),
            residuals=residuals,
            smallest=smallest,
            smallest_errors=smallest_errors,
            largest=largest,
            detail=None if self._detail is None else self._detail.detail(sketches),
        )

    def _series(self) -> dict[str, Tensor]:
        """Returns everything that grows step by step, by name, as long as the whole training needs it: no copies."""
        series = {
            "sketches": self._sketches,
            "digests": self._digests,
            "losses": self._losses,
            "gradient_norms": self._norms,
            "curvature": torch.from_numpy(self._curvature),
        }
        if self._detail is not None:
            series |= {f"detail/{name}": torch.from_numpy(value) for name, value in self._detail.series().items()}
        return series

    def _done(self, series: Tensor) -> Tensor:
        """Returns the part of a series that is of the steps that are done, or of the states up to now."""
        return series[: len(series) - (len(self._losses) - self._step)]

    def _end_to_end(self) -> Tensor:
        """Returns all parameters but the first weight, float64, in memory that the next call writes to again."""
        if self._others:
            torch.cat([value.reshape(-1) for value in self._others], out=self._flat)
        return self._flat

    def _require_digest(self) -> None:
        others = self._end_to_end()
        # Not by `reading`: compiled networks hold on to the memory that it reads to.
        if self._digest.of(self._digest.rows_of(self._first), others) != self._digests[self._step]:
            raise ValueError("its parameters are not those of its last step")
