"""Laws of the tree sum."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from longcon.training.portable.scalar_kernels import tree_sum_scalar
from longcon.training.portable.sums import case_sum, chunk_length, padded, tree_sum

WHOLE = arrays.arrays(np.float64, st.integers(1, 3000), elements=st.integers(-(2**40), 2**40).map(float))
REAL = arrays.arrays(np.float64, st.integers(1, 3000), elements=st.floats(-1e9, 1e9))


@given(WHOLE)
def test_sums_of_whole_numbers_are_exact(terms: np.ndarray) -> None:
    assert tree_sum(torch.from_numpy(terms)).item() == sum(int(term) for term in terms)


@given(REAL)
def test_the_error_grows_with_the_logarithm_of_the_number_of_terms(terms: np.ndarray) -> None:
    # Each term passes at most as many additions as the tree is high (Higham 2002, section 4.2).
    height = math.ceil(math.log2(len(terms))) + 1
    bound = height * np.finfo(np.float64).eps * math.fsum(abs(terms))
    assert abs(tree_sum(torch.from_numpy(terms)).item() - math.fsum(terms)) <= bound


@given(REAL)
def test_compiled_bits_are_the_same(terms: np.ndarray) -> None:
    assert np.float64(tree_sum_scalar(terms)).tobytes() == tree_sum(torch.from_numpy(terms)).numpy().tobytes()


@given(REAL, st.integers(0, 3000))
def test_further_zeros_change_nothing(terms: np.ndarray, zeros: int) -> None:
    some = torch.from_numpy(terms)
    assert tree_sum(padded(some, len(terms) + zeros)).item() == tree_sum(some).item()


@pytest.mark.parametrize("terms", [1, 7, 8, 9, 1024, 1025])
def test_negative_zeros_sum_alike_in_both_executions(terms: int) -> None:
    zeros = np.full(terms, -0.0)
    assert np.float64(tree_sum_scalar(zeros)).tobytes() == tree_sum(torch.from_numpy(zeros)).numpy().tobytes()


def test_rows_are_summed_apart() -> None:
    terms = torch.from_numpy(np.random.Generator(np.random.PCG64(0)).normal(size=(3, 4, 1500)))
    assert torch.equal(tree_sum(terms)[2, 1], tree_sum(terms[2, 1]))


def test_cases_are_summed_from_the_first_on() -> None:
    cases = torch.tensor([[1e16], [1.0], [1.0]], dtype=torch.float64)
    assert case_sum(cases).item() == (1e16 + 1.0) + 1.0


@pytest.mark.parametrize(("terms", "length"), [(1, 8), (8, 8), (9, 16), (1000, 1024), (1025, 1024), (51_000, 1024)])
def test_chunk_length(terms: int, length: int) -> None:
    assert chunk_length(terms) == length
