"""What PyTorch draws under `HostDraws`, by name; run as a module, it prints a digest of each."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from longcon.training.host_draws import HostDraws


def _filled(fill: Callable[..., Tensor], *shape: int, **given: float) -> Callable[[], Tensor]:
    return lambda: fill(torch.empty(*(shape or (30, 40))), **given)


def _of(make: Callable[[], nn.Module]) -> Callable[[], Tensor]:
    return lambda: torch.cat([value.detach().reshape(-1) for value in make().parameters()])


def _forward(module: nn.Module, *shape: int) -> Callable[[], Tensor]:
    return lambda: module.train()(torch.ones(*shape))


def _shares() -> Tensor:
    # Not linspace: its kernels round as the processor lets them.
    return torch.arange(1200) / 1200


# Their numbers are functions of the stream by single operations, which every processor rounds alike.
DRAWN: dict[str, Callable[[], Tensor]] = {
    "uniform_": _filled(nn.init.uniform_, a=-2.0, b=3.0),
    "normal_": _filled(nn.init.normal_, mean=1.0, std=2.0),
    "trunc_normal_": _filled(nn.init.trunc_normal_, std=0.5, a=-1.0, b=0.7),
    "kaiming_uniform_": _filled(nn.init.kaiming_uniform_),
    "kaiming_normal_": _filled(nn.init.kaiming_normal_),
    "xavier_uniform_": _filled(nn.init.xavier_uniform_),
    "xavier_normal_": _filled(nn.init.xavier_normal_),
    "sparse_": _filled(nn.init.sparse_, sparsity=0.3),
    "Linear": _of(lambda: nn.Linear(30, 20)),
    "Bilinear": _of(lambda: nn.Bilinear(5, 6, 7)),
    "Conv1d": _of(lambda: nn.Conv1d(2, 3, 5)),
    "Conv2d": _of(lambda: nn.Conv2d(2, 3, 5, groups=1)),
    "ConvTranspose1d": _of(lambda: nn.ConvTranspose1d(2, 3, 5)),
    "Embedding": _of(lambda: nn.Embedding(30, 4, padding_idx=2)),
    "MultiheadAttention": _of(lambda: nn.MultiheadAttention(8, 2)),
    "TransformerEncoderLayer": _of(lambda: nn.TransformerEncoderLayer(8, 2, 16)),
    "LSTM": _of(lambda: nn.LSTM(6, 5, 2)),
    "GRU": _of(lambda: nn.GRU(6, 5)),
    "dropout": lambda: functional.dropout(torch.ones(30, 40), 0.3),
    "dropout in place": lambda: functional.dropout(torch.ones(30, 40), 0.3, inplace=True),
    "native dropout": lambda: torch.native_dropout(torch.ones(30, 40), 0.3, True)[0],
    "feature dropout": _forward(nn.Dropout2d(0.3), 30, 40, 2, 2),
    "alpha dropout": _forward(nn.AlphaDropout(0.3), 30, 40),
    "bernoulli": lambda: torch.bernoulli(_shares()),
    "bernoulli of one": lambda: torch.bernoulli(torch.ones(1200), p=0.3),
    "bernoulli_": lambda: torch.empty(1200).bernoulli_(0.3),
    "rand": lambda: torch.rand(30, 40),
    "randn": lambda: torch.randn(30, 40),
    "rand_like": lambda: torch.rand_like(torch.ones(30, 40)),
    "randn_like": lambda: torch.randn_like(torch.ones(30, 40)),
    "randperm": lambda: torch.randperm(1200),
    "normal": lambda: torch.normal(1.0, 2.0, (30, 40)),
    "normal of means": lambda: torch.normal(_shares(), 2.0),
    "normal of deviations": lambda: torch.normal(1.0, _shares()),
    "normal of both": lambda: torch.normal(torch.zeros(30, 1), torch.ones(40)),
    "handed a generator": lambda: torch.rand(1200, generator=torch.Generator()),
    "normal, handed a generator": lambda: torch.randn(1200, generator=torch.Generator()),
    "order, handed a generator": lambda: torch.randperm(1200, generator=torch.Generator()),
}


def drawn(name: str, seed: int = 0) -> Tensor:
    """Returns what is drawn of a stream's beginning, float64 where the type is open."""
    torch.set_default_dtype(torch.float64)
    try:
        with HostDraws(seed, "test"):
            return DRAWN[name]().detach()
    finally:
        torch.set_default_dtype(torch.float32)


def digests() -> dict[str, str]:
    """Returns a digest of the bits of each."""
    return {name: hashlib.sha256(drawn(name).numpy().tobytes()).hexdigest()[:16] for name in DRAWN}


if __name__ == "__main__":
    sys.stdout.write("".join(f"{digest} {name}\n" for name, digest in digests().items()))
