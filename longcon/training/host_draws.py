"""Random numbers of a model, drawn on the host so that every device draws alike.

PyTorch draws initial values and dropout masks through dispatched kernels, and another instruction set or another GPU
draws others. While `HostDraws` is in force, PyTorch's random operations take their numbers from a stream of `Draws`,
whose bits no device can change, whether or not they are handed a generator. An operation that it does not know keeps
to PyTorch's own generator, which is seeded alike; its numbers differ between devices, and where they are initial values
the comparison of these shows it.

PyTorch's own generators are afterwards where they were before: a training must not move the draws of who asks for it,
nor depend on them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from longcon.draws import Draws

_ATEN = torch.ops.aten


class HostDraws(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """PyTorch's random operations, by a stream of draws as long as this is in force.

    Args:
        seed: any non-negative integer.
        purpose: the name of what is drawn.
    """

    def __init__(self, seed: int, purpose: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._draws = Draws(seed, purpose)
        self._seed = int(self._draws.words(1)[0] >> np.uint64(1))
        self._own: list[AbstractContextManager[None]] = []

    def __enter__(self) -> HostDraws:
        """Puts the stream in force."""
        self._own.append(_seeded(self._seed))
        self._own[-1].__enter__()
        super().__enter__()  # type: ignore[no-untyped-call]
        return self

    def __exit__(self, *raised: Any) -> None:
        """Puts it out of force."""
        super().__exit__(*raised)  # type: ignore[no-untyped-call]
        self._own.pop().__exit__(*raised)

    def __torch_dispatch__(
        self, func: Any, types: Sequence[type], args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Draws in place of a random operation; does any other."""
        known = _KNOWN.get(func)
        given = kwargs or {}
        return func(*args, **given) if known is None else known(self._draws, *args, **given)


def own_generators(seed: int, purpose: str) -> AbstractContextManager[None]:
    """Seeds PyTorch's own generators, for what draws where `HostDraws` is too slow; they then go on as they were."""
    return _seeded(int(Draws(seed, purpose).words(1)[0] >> np.uint64(1)))


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    in_use = torch.cuda.is_initialized()  # type: ignore[no-untyped-call]
    of_gpus = torch.cuda.get_rng_state_all() if in_use else []
    before = torch.get_rng_state()
    # Not torch.manual_seed: with no GPU in use it keeps a traceback for later, in a time that every step would wait.
    torch.default_generator.manual_seed(seed)
    if of_gpus:
        torch.cuda.manual_seed_all(seed)
    try:
        yield
    finally:
        torch.set_rng_state(before)
        if of_gpus:
            torch.cuda.set_rng_state_all(of_gpus)


def _filled(tensor: Tensor, values: NDArray[Any]) -> Tensor:
    return tensor.copy_(torch.from_numpy(values))


def _uniform_(draws: Draws, tensor: Tensor, low: float = 0.0, high: float = 1.0, **_: object) -> Tensor:
    if tensor.is_meta:
        return tensor
    values = draws.uniform(*tensor.shape)
    if tensor.dtype.is_floating_point:
        # Cut to the digits of the type, as PyTorch's own are: to round would give 1.
        digits = torch.finfo(tensor.dtype).eps / 2
        values = np.floor(values / digits) * digits
    return _filled(tensor, values * (high - low) + low)


def _normal_(draws: Draws, tensor: Tensor, mean: float = 0.0, std: float = 1.0, **_: object) -> Tensor:
    return tensor if tensor.is_meta else _filled(tensor, draws.normal(*tensor.shape) * std + mean)


def _normal(
    draws: Draws, mean: float | Tensor, std: float | Tensor = 1.0, *size: Sequence[int], **given: Any
) -> Tensor:
    """Returns draws of a mean and a deviation for each, or of one of both for all."""
    like = next((value for value in (mean, std) if isinstance(value, Tensor)), None)
    if like is None:
        return _randn(draws, *size, **given) * std + mean
    shape = np.broadcast_shapes(*(value.shape for value in (mean, std) if isinstance(value, Tensor)))
    return _normal_(draws, torch.empty(shape, dtype=like.dtype, device=like.device)) * std + mean


def _happens(draws: Draws, shape: Sequence[int], share: float | Tensor) -> NDArray[np.bool_]:
    known = share.detach().double().cpu().numpy() if isinstance(share, Tensor) else share
    return np.asarray(draws.uniform(*shape) < known)


def _bernoulli_(draws: Draws, tensor: Tensor, p: float | Tensor = 0.5, **_: object) -> Tensor:
    if tensor.is_meta:
        return tensor
    return _filled(tensor, _happens(draws, tensor.shape, p).astype(np.float64))


def _bernoulli(draws: Draws, shares: Tensor, p: float | None = None, **_: object) -> Tensor:
    return _bernoulli_(draws, torch.empty_like(shares), shares if p is None else p)


def _rand(draws: Draws, size: Sequence[int], **given: Any) -> Tensor:
    return _uniform_(draws, torch.empty(tuple(size), **_place(given)))


def _randn(draws: Draws, size: Sequence[int], **given: Any) -> Tensor:
    return _normal_(draws, torch.empty(tuple(size), **_place(given)))


def _rand_like(draws: Draws, tensor: Tensor, **given: Any) -> Tensor:
    return _uniform_(draws, torch.empty_like(tensor, **_place(given)))


def _randn_like(draws: Draws, tensor: Tensor, **given: Any) -> Tensor:
    return _normal_(draws, torch.empty_like(tensor, **_place(given)))


def _randperm(draws: Draws, count: int, **given: Any) -> Tensor:
    return torch.from_numpy(draws.permutation(count)).to(given.get("dtype") or torch.int64).to(given.get("device"))


def _native_dropout(draws: Draws, inputs: Tensor, p: float, train: bool | None) -> tuple[Tensor, Tensor]:
    """A GPU's dropout in one operation, by the mask that the several operations of a CPU draw."""
    if train is False or p == 0:
        return inputs.clone(), torch.ones_like(inputs, dtype=torch.bool)
    kept = torch.from_numpy(_happens(draws, inputs.shape, 1 - p)).to(inputs.device)
    return inputs * (kept.to(inputs.dtype).div_(1 - p) if p < 1 else torch.zeros_like(inputs)), kept


def _place(given: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name in ("dtype", "device") and value is not None}


_KNOWN: dict[Any, Callable[..., Any]] = {
    _ATEN.uniform_.default: _uniform_,
    _ATEN.normal_.default: _normal_,
    _ATEN.bernoulli_.float: _bernoulli_,
    _ATEN.bernoulli_.Tensor: _bernoulli_,
    _ATEN.bernoulli.default: _bernoulli,
    _ATEN.bernoulli.p: _bernoulli,
    _ATEN.normal.float_float: _normal,
    _ATEN.normal.Tensor_float: _normal,
    _ATEN.normal.float_Tensor: _normal,
    _ATEN.normal.Tensor_Tensor: _normal,
    _ATEN.rand.default: _rand,
    _ATEN.rand.generator: _rand,
    _ATEN.randn.default: _randn,
    _ATEN.randn.generator: _randn,
    _ATEN.rand_like.default: _rand_like,
    _ATEN.randn_like.default: _randn_like,
    _ATEN.randperm.default: _randperm,
    _ATEN.randperm.generator: _randperm,
    _ATEN.native_dropout.default: _native_dropout,
}
