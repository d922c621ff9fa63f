"""Detail: beside a plain loop that looks for itself, in natural order whatever the order of sums."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from longcon.training import Detail, Ordering, Recipe, initial_state, minibatch_cases, network, sketched_sine
from tests.training import plain
from tests.training.recorded import ordering, trained

RECIPE = Recipe(k=8, epochs=2)


def _seen(steps: int) -> list[dict[str, np.ndarray]]:
    """Returns what a plain loop shows at each step: variances, units that passed, and norms before and after."""
    model = network(60, RECIPE.widths, plain.CLASSES, torch.float64).to_empty(device="cpu")
    start = initial_state(60, RECIPE.widths, plain.CLASSES, 0, "float64")
    model.load_state_dict({name: torch.from_numpy(value) for name, value in start.items()})
    optimiser = torch.optim.Adamax(model.parameters(), lr=RECIPE.learning_rate, weight_decay=RECIPE.weight_decay)
    training = plain.cohort(60, 0)[0]
    assert training.labels is not None
    found: list[dict[str, np.ndarray]] = []
    former = torch.zeros(sum(value.numel() for value in model.parameters()))
    for step in range(steps):
        batch = list(minibatch_cases(step, 37, RECIPE))
        values, seen = torch.from_numpy(training.values[batch]), dict[str, np.ndarray]()
        for name, module in model.named_children():
            if isinstance(module, nn.LayerNorm):
                seen[f"variance {name}"] = values.detach().numpy().var(axis=1).min()
            if isinstance(module, nn.Softshrink):
                seen[f"passed {name}"] = np.abs(values.detach().numpy()) > 0.5
            values = module(values)
        optimiser.zero_grad()
        nn.functional.cross_entropy(values, torch.from_numpy(training.labels[batch])).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        norms = torch.cat([optimiser.state[value]["exp_inf"].ravel() for value in model.parameters()])
        seen["taken"] = (norms > former * RECIPE.betas[1]).numpy()
        former = norms
        found.append(seen)
    return found


@pytest.mark.parametrize("order", [None, ordering(4, 60)], ids=["natural", "order:4"])
def test_it_is_what_a_plain_loop_sees(order: Ordering | None) -> None:
    trajectory = trained(RECIPE, 60, order=order, detail=True).trajectory
    detail = trajectory.detail
    assert detail is not None
    first_taken, others_taken = [], []
    for step, seen in enumerate(_seen(trajectory.steps)):
        for name in ("1", "4"):
            assert detail.variances[name][step] == pytest.approx(float(seen[f"variance {name}"]), rel=1e-9)
        for name in ("2", "5"):
            passed = seen[f"passed {name}"]
            assert np.array_equal(detail.units_passed(name)[step, : len(passed)], passed)
            assert not detail.units_passed(name)[step, len(passed) :].any()
        first_taken.append(seen["taken"][: 128 * 60].mean())
        others_taken.append(seen["taken"][128 * 60 :].mean())
    sides = detail.sides_taken()
    assert (detail.sides_of_first, detail.sides_of_others) == (3072, 1024)
    assert sides.shape == (10, 4096)
    # Samples without replacement of 7,680 and some 4,700 parameters.
    np.testing.assert_allclose(sides[:, :3072].mean(axis=1), first_taken, atol=0.03)
    np.testing.assert_allclose(sides[:, 3072:].mean(axis=1), others_taken, atol=0.06)


def test_another_order_is_kept_in_natural_order() -> None:
    natural, held = (trained(RECIPE, 60, order=order, detail=True).trajectory for order in (None, ordering(2, 60)))
    assert natural.detail is not None
    assert held.detail is not None
    assert np.mean(natural.detail.sides == held.detail.sides) > 0.999
    for name in ("parameters", "moments", "norms"):
        a, b = getattr(natural.detail, name), getattr(held.detail, name)
        assert a.shape == (11, 128)
        assert (sketched_sine(a[1:], b[1:]) < 1e-12).all()
    assert not natural.detail.moments[0].any()


def test_it_comes_back_from_its_arrays() -> None:
    detail = trained(RECIPE, 60, detail=True).trajectory.detail
    assert detail is not None
    again = Detail.of(detail.arrays(), detail.parameters)
    assert again.arrays().keys() == detail.arrays().keys()
    assert all(np.array_equal(again.arrays()[name], value) for name, value in detail.arrays().items())
    for name in ("norms", "sides", "variances/1", "passed/5"):
        lacking = detail.arrays() | {name: detail.arrays()[name][:-1]}
        with pytest.raises(ValueError, match=f"^{name} are of another shape$"):
            Detail.of(lacking, detail.parameters)
