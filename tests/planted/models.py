"""Builds of a user's own model that are wrong: in their buffers, their scores, their start and what no state holds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from longcon.builds import Build, BuildRequest, Store
from longcon.builds.coherence import require_coherent
from longcon.checks import (
    initial_states_identical,
    replicates_identical,
    resumed_training_identical,
    sine_below_tolerance,
)
from longcon.problems import LoadedProblem
from longcon.protocol import Limits
from longcon.training import Recipe
from tests.planted.bench import Bench, Tensors, altered
from tests.planted.defect import NOTHING, Defect, Found, decided, refused
from tests.planted.own_builds import built
from tests.planted.problems import RECIPE, data_in, loaded, problem

NORMALISED = """
    def model(self, features, classes, recipe):
        return nn.Sequential(nn.Linear(features, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, classes))
"""


def _buffers(tensors: Tensors) -> None:
    values = tensors["buffers/1.running_var"]
    values[2] = np.nextafter(values[2], 9)


def _one_ulp_in_a_buffer(bench: Bench) -> Found:
    mine = loaded(problem(bench, NORMALISED))
    first, second = built(bench, mine), altered(built(bench, mine, replicate=2), {_STATE: _buffers})
    # The sine is that of the parameters, and must not see it.
    sine = sine_below_tolerance(first, second, RECIPE.epochs, Limits().sine_tolerance)
    assert sine.measured == 0
    return decided("LC-OQ-02", lambda: replicates_identical(first, second))


def _coherent(build: Build, mine: LoadedProblem) -> Found:
    return refused(lambda: require_coherent(build, data_in(mine), RECIPE.epochs, mine.problem))


def _other_statistics(bench: Bench) -> Found:
    def change(tensors: Tensors) -> None:
        tensors["buffers/1.running_mean"] += 0.1

    mine = loaded(problem(bench, NORMALISED))
    return _coherent(altered(built(bench, mine), {_STATE: change}), mine)


def _of_another_seed(bench: Bench) -> Found:
    mine = loaded(problem(bench, NORMALISED))
    return _coherent(altered(built(bench, mine), manifest=lambda told: told["request"]["recipe"].update(seed=1)), mine)


def _rebuild_of_another_seed(bench: Bench) -> Found:
    mine = loaded(problem(bench, NORMALISED))
    other = built(bench, mine, "cpu+isa:default", recipe=replace(RECIPE, seed=1))
    rebuild = altered(other, manifest=lambda told: told["request"]["recipe"].update(seed=0))
    return decided("LC-OQ-01", lambda: initial_states_identical(built(bench, mine), rebuild))


def _of_former_code(bench: Bench) -> Found:
    """Sealed anew as a build of the present code."""
    file = problem(bench)
    build = built(bench, loaded(file))
    file.write_text(file.read_text().replace("nn.ReLU()", "nn.Tanh()"))
    mine = loaded(file)
    return _coherent(altered(build, manifest=lambda told: told["request"].update(problem=dict(mine.identity))), mine)


def _changed_helper(bench: Bench) -> Found:
    """The store holds a build of the former helper: the request for this one must not find it."""
    file = problem(bench, head="from helper import RATE")
    helper = file.with_name("helper.py")
    helper.write_text("RATE = 1.0\n")
    mine = loaded(file)
    build = built(bench, mine)
    helper.write_text("RATE = 2.0\n")
    asked = {**build.request, "problem": loaded(file).identity}
    fields = {**asked, "recipe": Recipe.of_json(asked["recipe"]), "record": tuple(asked["record"])}
    found = Store(bench.place / "models", "run").find(BuildRequest(**fields))
    return Found(NOTHING if found else "store", ("no build answers the request",))


def _noisy(bench: Bench) -> Found:
    mine = loaded(problem(bench, _OWN.format("Noisy()"), _NOISY))
    return decided("LC-OQ-02", lambda: replicates_identical(built(bench, mine), built(bench, mine, replicate=2)))


def _no_buffer(bench: Bench) -> Found:
    mine = loaded(problem(bench, _OWN.format("Centred(features)"), _CENTRED))
    return _coherent(built(bench, mine), mine)


def _hidden_rate(bench: Bench) -> Found:
    mine = loaded(
        problem(bench, "    def optimiser(self, parameters, recipe):\n        return Warm(parameters)", _WARM)
    )
    return decided("LC-OQ-04", lambda: resumed_training_identical(built(bench, mine), built(bench, mine, killed=1)))


_STATE = "state-0002.safetensors"
_OWN = """
    def model(self, features, classes, recipe):
        return nn.Sequential({}, nn.Linear(features, classes))
"""
_NOISY = """
class Noisy(nn.Module):
    def forward(self, inputs):
        return inputs + 1e-9 * np.random.normal() if self.training else inputs
"""
_CENTRED = """
class Centred(nn.Module):
    def __init__(self, features):
        super().__init__()
        self.mean = torch.zeros(features, dtype=torch.float64)

    def forward(self, inputs):
        if self.training:
            self.mean = 0.9 * self.mean + 0.1 * inputs.detach().mean(dim=0)
        return inputs - self.mean
"""
_WARM = """
class Warm(torch.optim.SGD):
    def __init__(self, parameters):
        super().__init__(parameters, lr=1e-3)
        self.updates = 0

    def step(self, closure=None):
        self.updates += 1
        for group in self.param_groups:
            group["lr"] = min(1e-2, 1e-4 * self.updates)
        return super().step(closure)
"""
_ANEW = "restore it from a copy, or delete it or give --fresh to retrain."
_ORIGINAL = "k=3 float64 on cpu, replicate 1"
_CONTRADICTS = f"Build {{key}} ({_ORIGINAL}) contradicts itself:"
_CAUSE = "likely cause: a nondeterministic operation, another thread count or an altered build; run again with --fresh."

DEFECTS = (
    Defect(
        "one ulp in a buffer",
        "a replicate's running variance, which the sine does not see",
        _one_ulp_in_a_buffer,
        "LC-OQ-02",
        f"{_ORIGINAL} against replicate 2: states differ at epoch 2 in buffers/1.running_var: 1 of 8 values differ, "
        f"first at (2,): {{number}} against {{number}} (1 ulp); {_CAUSE}",
    ),
    Defect(
        "scores of other statistics",
        "the running means of an original with batch normalisation",
        _other_statistics,
        "store",
        f"{_CONTRADICTS} its holdout scores at epoch 2 are not those of its parameters on {{number}} of 72 cases, "
        f"first on case {{number}} (malignant {{number}}, not malignant {{number}}); {_ANEW}",
    ),
    Defect(
        "a statistic that no state holds",
        "a user's layer: a running mean in a plain attribute",
        _no_buffer,
        "store",
        f"{_CONTRADICTS} its holdout scores at epoch 2 are not those of its parameters on {{number}} of 72 cases, "
        f"first on case {{number}} (malignant {{number}}, not malignant {{number}}); {_ANEW}",
    ),
    Defect(
        "initial values that are not the seed's",
        "the seed in the request of an original of a user's model",
        _of_another_seed,
        "store",
        f"{_CONTRADICTS} its initial 0.weight is not what seed 1 of its recipe gives; {_ANEW}",
    ),
    Defect(
        "a rebuild from another seed",
        "a rebuild of a user's model, trained from seed 1 under the request of seed 0",
        _rebuild_of_another_seed,
        "LC-OQ-01",
        "k=3 float64 on cpu+isa:default, replicate 1 against cpu: states differ at epoch 0 in 0.bias: 8 of 8 values "
        "differ, first at (0,): {number} against {number} (largest difference: {number} ulp); likely cause: the "
        "initial values were not drawn on the host alike.",
    ),
    Defect(
        "a build of former code under the present one's name",
        "the request of a build whose problem then got another activation",
        _of_former_code,
        "store",
        f"{_CONTRADICTS} the loss of its first minibatch is {{number}}, but cases case {{number}}, case {{number}}, "
        f"case {{number}} give {{number}}, so it was trained on other cases or in another order; {_ANEW}",
    ),
    Defect(
        "a cached build of a former helper",
        "a module that a user's problem imports, changed after the build was kept",
        _changed_helper,
        "store",
        "no build answers the request",
    ),
    Defect(
        "noise from another generator",
        "a user's layer: numpy's own generator in every training step",
        _noisy,
        "LC-OQ-02",
        f"{_ORIGINAL} against replicate 2: states differ at epoch 1 in 1.bias: 2 of 2 values differ, first at (0,): "
        f"{{number}} against {{number}} (largest difference: {{number}} ulp); {_CAUSE}",
    ),
    Defect(
        "a rate that no checkpoint holds",
        "a user's optimiser: its warm-up counts updates in a plain attribute",
        _hidden_rate,
        "LC-OQ-04",
        f"{_ORIGINAL} against its first epochs, resumed after epoch 1 by another process: states differ at epoch 2 in "
        "0.bias: 16 of 16 values differ, first at (0,): {number} against {number} (largest difference: {number} ulp); "
        "likely cause: the checkpoint lacks something that training on this device depends on, or an operation is "
        "nondeterministic, which LC-OQ-02 tells; report it, and give --fresh after every interruption until it is "
        "mended.",
    ),
)
