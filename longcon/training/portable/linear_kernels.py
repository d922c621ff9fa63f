"""A Linear layer's compiled kernels: products, and one pass over weights and moments for everything a step does.

Nearly all parameters stand in the first layer, and a step's time is the time to move them through memory. So they move
once: a chunk of a row of weights takes its gradient, penalty and Adamax step and, still in the first cache, gives its
products with the next minibatch. Weights lie in tiles, chunks x units x chunk length, and cases as chunks x cases x
chunk length, so that memory is read in order and a chunk of all the cases stays in cache for every unit.
"""

from __future__ import annotations

import numpy as np

from longcon.training.portable.jit import kernel
from longcon.training.portable.reading_kernels import read_rows
from longcon.training.portable.scalar_kernels import Values, fold, power_of_two
from longcon.training.portable.sums import LARGEST_CHUNK, SMALLEST_CHUNK


def tiled(rows: Values, length: int) -> Values:
    """Returns rows x terms as chunks x rows x ``length``, the last chunk padded with +0."""
    count, terms = rows.shape
    chunks = -(-terms // length)
    padded = np.zeros((count, chunks * length), dtype=rows.dtype)
    padded[:, :terms] = rows
    return np.ascontiguousarray(padded.reshape(count, chunks, length).transpose(1, 0, 2))


@kernel
def _chunk_product(a: Values, b: Values, lanes: Values) -> object:
    """Returns the folded products of two chunks; the first three folds are made in registers, from eight parts."""
    n = len(lanes)
    for j in range(n):
        p0, p4 = a[j] * b[j], a[j + 4 * n] * b[j + 4 * n]
        p2, p6 = a[j + 2 * n] * b[j + 2 * n], a[j + 6 * n] * b[j + 6 * n]
        p1, p5 = a[j + n] * b[j + n], a[j + 5 * n] * b[j + 5 * n]
        p3, p7 = a[j + 3 * n] * b[j + 3 * n], a[j + 7 * n] * b[j + 7 * n]
        lanes[j] = ((p0 + p4) + (p2 + p6)) + ((p1 + p5) + (p3 + p7))
    return fold(lanes)


@kernel
def products(weights: Values, cases: Values, start: int, stop: int) -> Values:
    """Returns the products of cases ``start`` to ``stop`` with the weights, chunk by chunk: cases x units x chunks."""
    chunks, units, length = weights.shape
    out = np.empty((stop - start, units, chunks), weights.dtype)
    lanes = np.empty(length // 8, weights.dtype)
    for chunk in range(chunks):
        for unit in range(units):
            for case in range(stop - start):
                out[case, unit, chunk] = _chunk_product(weights[chunk, unit], cases[chunk, start + case], lanes)
    return out


@kernel
def outputs(chunk_values: Values, bias: Values) -> Values:
    """Returns the sum of each unit's chunk values, and the bias: cases x units."""
    cases, units, chunks = chunk_values.shape
    out = np.empty((cases, units), bias.dtype)
    padded = np.empty(power_of_two(chunks), bias.dtype)
    for case in range(cases):
        for unit in range(units):
            for chunk in range(len(padded)):
                padded[chunk] = chunk_values[case, unit, chunk] if chunk < chunks else bias.dtype.type(0)
            out[case, unit] = fold(padded) + bias[unit]
    return out


@kernel
def adamax(value: Values, moment: Values, norm: Values, gradient: Values, constants: Values) -> None:
    """Takes a vector of parameters one step of Adamax on, in place; ``gradient`` is used up.

    ``constants`` are those of `adamax.Constants`, in its order and in the parameters' dtype.
    """
    first, second, epsilon, decay, rate = constants[0], constants[1], constants[2], constants[3], constants[4]
    if decay != 0:
        for j in range(len(value)):
            gradient[j] = gradient[j] + value[j] * decay
    for j in range(len(value)):
        moment[j] = moment[j] + (gradient[j] - moment[j]) * first
        decayed, present = norm[j] * second, abs(gradient[j]) + epsilon
        norm[j] = decayed if decayed > present else present
        value[j] = value[j] - (moment[j] / norm[j]) * rate


@kernel
def pass_over_weights(
    weights: Values,
    moments: Values,
    norms: Values,
    cases: Values,
    start: int,
    gradient: Values,
    following: int,
    following_stop: int,
    constants: Values,
    reading: tuple[Values, Values, Values, Values],
) -> Values:
    """Updates a Linear layer's weight and returns its products with the next minibatch, as `products` does.

    Args:
        weights: chunks x units x length.
        moments: first moments, likewise.
        norms: infinity norms, likewise.
        cases: chunks x cases x length.
        start: first case of the minibatch.
        gradient: of the outputs, minibatch x units.
        following: first case of the next minibatch.
        following_stop: one past its last case.
        constants: as `adamax` takes them.
        reading: what is kept of the updated weights, as `Reading.of_tiles` gives it; without columns, nothing is.
    """
    chunks, units, length = weights.shape
    keys, codes, sums, hashes = reading
    out = np.empty((following_stop - following, units, chunks), weights.dtype)
    lanes, total = np.empty(length // 8, weights.dtype), np.empty(length, weights.dtype)
    for chunk in range(chunks):
        for unit in range(units):
            values, factor = cases[chunk, start], gradient[0, unit]
            for j in range(length):
                total[j] = factor * values[j]
            for case in range(1, len(gradient)):
                values, factor = cases[chunk, start + case], gradient[case, unit]
                for j in range(length):
                    total[j] = total[j] + factor * values[j]
            weight = weights[chunk, unit]
            adamax(weight, moments[chunk, unit], norms[chunk, unit], total, constants)
            for case in range(following_stop - following):
                out[case, unit, chunk] = _chunk_product(weight, cases[chunk, following + case], lanes)
            # Four rows are read at once, soon after their update.
            if len(sums) > 0 and (unit % 4 == 3 or unit == units - 1):
                first = unit // 4 * 4
                read_rows(weights[chunk, first : unit + 1], first, chunk * length, keys, codes, sums, hashes)
    return out


@kernel
def input_gradient(weights: Values, gradient: Values, inputs: int) -> Values:
    """Returns W^T g, minibatch x ``inputs``: the tree sum over the units, for all inputs of a chunk at a time."""
    chunks, units, length = weights.shape
    group = min(LARGEST_CHUNK, max(SMALLEST_CHUNK, power_of_two(units)))
    groups = (units + group - 1) // group
    out = np.empty((len(gradient), inputs), weights.dtype)
    terms = np.empty((group, length), weights.dtype)
    totals = np.empty((power_of_two(groups), length), weights.dtype)
    nothing = weights.dtype.type(0)
    for case in range(len(gradient)):
        for chunk in range(chunks):
            for number in range(len(totals)):
                for row in range(group):
                    unit = number * group + row
                    for j in range(length):
                        terms[row, j] = gradient[case, unit] * weights[chunk, unit, j] if unit < units else nothing
                _fold_rows(terms)
                for j in range(length):
                    totals[number, j] = terms[0, j]
            _fold_rows(totals)
            for j in range(min(length, inputs - chunk * length)):
                out[case, chunk * length + j] = totals[0, j]
    return out


@kernel
def _fold_rows(values: Values) -> None:
    half = len(values) // 2
    while half > 0:
        for row in range(half):
            for j in range(values.shape[1]):
                values[row, j] = values[row, j] + values[half + row, j]
        half //= 2
