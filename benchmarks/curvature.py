"""Times the residual of one minibatch beside plain PyTorch training, and tells its error.

    python benchmarks/curvature.py --json
    python benchmarks/curvature.py --features 5000 --k 8 --json

The paper's network is trained by a plain PyTorch loop with the default recipe on a drawn cohort of overlapping classes,
with one thread. At regular steps the residual is measured on the minibatch of that step, so that both are timed in turn
on one machine in one state; their medians count. Each residual is compared with ARPACK's at a tolerance of 1e-12, on a
matrix made by reverse over reverse, and the worst error counts.

A block of 64 Hessian-vector products in the full space takes the faster of forward over reverse and reverse over
reverse, one vector at a time, on a graph made before: some are timed, and checked against the reduction's, and the
least time stands for all 64. The reduction, too, is made before; what that takes is told apart.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Literal, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse.linalg import eigsh
from torch import Tensor, nn
from torch.func import functional_call, grad, jvp

# A script's own folder is on the path, the repository's root is not.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from longcon.curvature import Curvature, ReducedHessian, curvature
from longcon.draws import Draws
from longcon.training import Recipe, initial_state
from longcon.training.network import network, with_state

T = TypeVar("T")
CLASSES = 7
CASES = 48
BLOCK = 64
LOOKS = 12
FULL_PRODUCTS = 4


def cohort(features: int) -> tuple[Tensor, Tensor]:
    """Returns cases around class centres, with directions that all cases share, as batch effects are."""
    draws = Draws(0, "benchmark of curvature")
    labels = np.arange(CASES, dtype=np.int64) % CLASSES
    centres, shared = draws.normal(CLASSES, features), draws.normal(8, features)
    values = 0.2 * centres[labels] + 0.3 * draws.normal(CASES, 8) @ shared + draws.normal(CASES, features)
    return torch.from_numpy(values), torch.from_numpy(labels)


def measure(features: int, k: int, steps: int) -> dict[str, object]:
    """Returns times, speed-up, memory and errors.

    Args:
        features: width of the input.
        k: cases in a minibatch.
        steps: of the plain training.
    """
    recipe = Recipe(k=k)
    start = initial_state(features, recipe.widths, CLASSES, recipe.seed, recipe.dtype)
    tensors = {name: torch.from_numpy(value) for name, value in start.items()}
    model = with_state(network(features, recipe.widths, CLASSES, torch.float64), tensors, torch.device("cpu"))
    optimiser = torch.optim.Adamax(
        model.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay, foreach=True
    )
    inputs, labels = cohort(features)
    training, residual, errors, found = [], [], [], []
    for step in range(steps):
        at = step * k % (CASES - CASES % k)
        cases, classes = inputs[at : at + k], labels[at : at + k]
        if step % (steps // LOOKS) == 0:
            seen, seconds = _timed(partial(curvature, model, cases, classes, recipe.weight_decay))
            found.append(seen)
            residual.append(seconds)
            errors.append(_errors(seen, ReducedHessian(model, cases, classes), recipe.weight_decay))
        _, seconds = _timed(partial(_train, model, optimiser, cases, classes))
        training.append(seconds)
    full_products, difference = _full_products(model, cases, classes)
    full = min(full_products.values())
    hessian = ReducedHessian(model, cases, classes)
    block = torch.ones(hessian.size, BLOCK, dtype=torch.float64)
    making = min(_timed(partial(ReducedHessian, model, cases, classes))[1] for _ in range(9))
    reduced = min(_timed(partial(hessian.block_product, block))[1] for _ in range(9))
    whole_residual = partial(curvature, model, cases, classes, recipe.weight_decay)
    whole, plain = statistics.median(residual), statistics.median(training)
    return {
        "features": features,
        "k": k,
        "threads": torch.get_num_threads(),
        "hvp_block_speedup": round(BLOCK * full / reduced),
        "hvp_block_ms": round(1e3 * reduced, 2),
        "making_the_reduction_ms": round(1e3 * making, 2),
        **{f"full_hvp_block_{way}_ms": round(1e3 * BLOCK * seconds) for way, seconds in full_products.items()},
        "hvp_relative_error": difference,
        "residual_ms": round(1e3 * whole, 1),
        "residual_ms_worst": round(1e3 * max(residual[1:]), 1),
        "plain_training_ms": round(1e3 * plain, 1),
        "residual_over_plain_training": round(whole / plain, 2),
        "residual_relative_error": max(error[0] for error in errors),
        "eigenvalue_error": max(error[1] for error in errors),
        "peak_mb": round(_peak_mb(partial(_reduced_block, model, cases, classes)), 1),
        "residual_peak_mb": round(_peak_mb(whole_residual), 1),
        "coordinates": [seen.coordinates for seen in found],
        "vectors": [seen.vectors for seen in found],
        "residual": [float(f"{seen.residual:.4g}") for seen in found],
        "gradient_norm": [float(f"{seen.gradient_norm:.4g}") for seen in found],
        "smallest": [float(f"{seen.smallest:.4g}") for seen in found],
    }


def _timed(way: Callable[[], T]) -> tuple[T, float]:
    start = time.perf_counter()
    result = way()
    return result, time.perf_counter() - start


def _train(model: nn.Module, optimiser: torch.optim.Optimizer, inputs: Tensor, labels: Tensor) -> None:
    optimiser.zero_grad()
    nn.functional.cross_entropy(model(inputs), labels).backward()  # type: ignore[no-untyped-call]
    optimiser.step()


def _reduced_block(model: nn.Sequential, inputs: Tensor, labels: Tensor) -> Tensor:
    """Makes the reduction and multiplies a block; the columns' values do not matter to its cost."""
    hessian = ReducedHessian(model, inputs, labels)
    return hessian.block_product(torch.ones(hessian.size, BLOCK, dtype=torch.float64))


def _errors(found: Curvature, hessian: ReducedHessian, weight_decay: float) -> tuple[float, float]:
    """Returns the relative errors of the residual, and of the smallest or largest eigenvalue, against ARPACK."""
    identity = torch.eye(hessian.size, dtype=torch.float64)
    blocks = [hessian.reverse_over_reverse(columns) for columns in torch.split(identity, 32, dim=1)]
    matrix = torch.cat(blocks, dim=1).numpy() + weight_decay * identity.numpy()
    gradient = (hessian.gradient + weight_decay * hessian.position).numpy()
    values, vectors = _arpack(matrix, found.vectors, "LM")
    residual = float(np.linalg.norm(vectors.T @ gradient))
    smallest, largest = float(_arpack(matrix, 1, "SA")[0][0]), float(np.abs(values).max())
    eigenvalue = max(abs(found.smallest / smallest - 1), abs(found.largest / largest - 1))
    return abs(found.residual / residual - 1), eigenvalue


def _arpack(
    matrix: NDArray[np.float64], count: int, which: Literal["LM", "SA"]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    start = Draws(0, "ARPACK's first vector").normal(len(matrix))
    # Restarts draw from rng even where the first vector is given.
    generator = np.random.Generator(np.random.Philox(0))
    found = eigsh(
        matrix, k=count, which=which, v0=start, tol=1e-12, ncv=min(len(matrix), 3 * count + 20), rng=generator
    )
    return np.asarray(found[0]), np.asarray(found[1])


def _full_products(model: nn.Sequential, inputs: Tensor, labels: Tensor) -> tuple[dict[str, float], float]:
    """Returns seconds of a Hessian-vector product in the full space, and the reduction's relative difference to it."""
    parameters = {name: value.detach() for name, value in model.named_parameters()}

    def loss(values: dict[str, Tensor]) -> Tensor:
        return nn.functional.cross_entropy(functional_call(model, values, (inputs,)), labels)

    hessian = ReducedHessian(model, inputs, labels)
    coordinates = torch.from_numpy(Draws(0, "directions").normal(hessian.size, FULL_PRODUCTS))
    lifted = hessian.lift(coordinates)
    leaves = [value.requires_grad_() for value in parameters.values()]
    gradients = torch.autograd.grad(loss(parameters), leaves, create_graph=True)
    lengths = [leaf.numel() for leaf in leaves]
    times: dict[str, list[float]] = {"forward_over_reverse": [], "reverse_over_reverse": []}
    worst = 0.0
    for column in range(FULL_PRODUCTS):
        flat = torch.split(lifted[:, column].contiguous(), lengths)
        direction = [piece.view_as(leaf) for piece, leaf in zip(flat, leaves, strict=True)]
        tangents = dict(zip(parameters, direction, strict=True))
        image, seconds = _timed(partial(torch.autograd.grad, gradients, leaves, direction, retain_graph=True))
        times["reverse_over_reverse"].append(seconds)
        _, seconds = _timed(partial(jvp, grad(loss), (parameters,), (tangents,)))
        times["forward_over_reverse"].append(seconds)
        expected = torch.cat([piece.flatten() for piece in image])
        got = hessian.lift(hessian.block_product(coordinates[:, column : column + 1]))[:, 0]
        worst = max(worst, float((got - expected).norm() / expected.norm()))
    # The first product of each way pays for what later ones reuse.
    return {way: min(seconds[1:]) for way, seconds in times.items()}, worst


def _peak_mb(way: Callable[[], object]) -> float:
    """Returns by how many megabytes the process grows at its peak, all that it frees afterwards included (Linux)."""
    way()
    # What was freed is given back, so that none of it is used again unseen.
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = _status("VmRSS")
    way()
    return (_status("VmHWM") - before) / 1024


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--features", type=int, default=51000)
    parser.add_argument("--k", type=int, default=1)
    parser.add_argument("--steps", type=int, default=168, help="steps of plain training")
    parser.add_argument("--json", action="store_true", help="one JSON object (the only form there is)")
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(json.dumps(measure(options.features, options.k, options.steps)))


if __name__ == "__main__":
    main()
