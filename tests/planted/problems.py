"""Problems from a user's file that are wrong: their data, their parts, and the source that they are known by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from fixtures.options import Settings
from fixtures.problem import load, prepared
from longcon.__main__ import main
from longcon.builds import Campaign, Plan, Store
from longcon.checkout import Checkout
from longcon.checks import data_as_agreed, replicates_identical, settings_in_force
from longcon.devices import Device
from longcon.problems import LoadedProblem, ProblemData, data_of, digest_of
from longcon.protocol import Problem
from longcon.training import Recipe
from reports.gate import Circumstances, objections
from tests.plain_settings import plain_settings
from tests.planted.bench import Bench
from tests.planted.defect import NOTHING, Defect, Found, decided, refused

RECIPE = Recipe(k=3, epochs=2)
_CPU = Device("cpu")
_PLANTED = """
from dataclasses import replace
import numpy as np
{}

class Planted(MyClassifier):
{}
"""


def problem(bench: Bench, lines: str = "    pass", head: str = "") -> Path:
    """Writes the problem that ``longcon problem init`` writes, with a class derived from it, and returns its file.

    Args:
        bench: in whose place it is written.
        lines: of the class.
        head: lines before it.
    """
    folder = bench.place / "mine"
    assert main(["problem", "init", f"--out={folder}"]) == 0
    file = folder / "problem.py"
    file.write_text(file.read_text() + _PLANTED.format(head, lines))
    return file


def settings(file: Path, source: str | None = None) -> Settings:
    """Returns those of a run with the problem in a file."""
    return plain_settings(
        problem=f"{file}:Planted", recipes=(RECIPE,), features=Problem().features, source=source, store=file.parent
    )


def loaded(file: Path) -> LoadedProblem:
    """Returns the problem in a file, as it is read now."""
    return load(settings(file), file.parent, str(file.parent))


def data_in(mine: LoadedProblem) -> ProblemData:
    """Returns a problem's data."""
    return data_of(mine.problem, lambda *_: None)


def _prepared(lines: str, head: str = "") -> Callable[[Bench], Found]:
    """Returns what plants lines in the class, and makes the problem ready as a run does before it trains."""

    def plant(bench: Bench) -> Found:
        file = problem(bench, lines, head)
        (file.parent / "late.py").write_text("UNITS = 16\n")
        return refused(lambda: prepared(settings(file), loaded(file), lambda *_: None))

    return plant


def _model(*lines: str, head: str = "") -> Callable[[Bench], Found]:
    return _prepared("\n        ".join(["    def model(self, features, classes, recipe):", *lines]), head)


def _data(change: str) -> Callable[[Bench], Found]:
    """Returns what plants a change of one part of the data that the problem has."""
    lines = "    def data(self, progress):\n        data = super().data(progress)\n"
    return _prepared(f"{lines}        return replace(data, {change})")


def _unseeded_split(bench: Bench) -> Found:
    file = problem(
        bench, "    def __init__(self):\n        super().__init__(int(np.random.default_rng().integers(2**31)))"
    )
    agreed, found = (digest_of(data_in(loaded(file)).serialised()) for _ in range(2))
    return decided("LC-IQ-06", lambda: data_as_agreed(agreed, found))


def _campaign(bench: Bench, file: Path) -> Campaign:
    plan, mine = Plan((_CPU,), (RECIPE,), "last", jobs=1, fresh=False, replicates=(1,)), loaded(file)
    return Campaign(plan, Store(bench.place / "store", "run"), data_in(mine), lambda _: None, mine)


def _changed_meanwhile(bench: Bench) -> Found:
    file = problem(bench)
    campaign = _campaign(bench, file)
    file.write_text(file.read_text().replace("nn.ReLU()", "nn.Tanh()"))
    try:
        return decided("LC-OQ-02", lambda: replicates_identical(*[campaign.build(_CPU, RECIPE.k, 1)] * 2))
    finally:
        campaign.close()


def _settings_overridden(bench: Bench) -> Found:
    """Where the run itself loads the file nothing is trained; the training process loads it too."""
    head = (
        "import sys\nif any('longcon.builds' in text for text in sys.orig_argv):\n"
        "    torch.set_num_threads(2)\n    torch.use_deterministic_algorithms(False)"
    )
    campaign = _campaign(bench, problem(bench, head=head))
    try:
        return decided("LC-IQ-01", lambda: settings_in_force(campaign.build(_CPU, RECIPE.k, 1)))
    finally:
        campaign.close()


def _another_source(bench: Bench) -> Found:
    file = problem(bench)
    agreed = str(loaded(file).identity["source"])
    file.write_text(file.read_text().replace("nn.ReLU()", "nn.Tanh()"))
    return refused(lambda: prepared(settings(file, agreed), loaded(file), lambda *_: None))


def against_release(bench: Bench, file: Path, source: str | None) -> tuple[str, ...]:
    """Returns what stands against a release with a user's problem, in a run that lacks nothing else."""
    asked = replace(settings(file, source), protocol=file, digest="p" * 64, data_digest="d" * 64)
    build, clean = bench.true(), Checkout("c" * 40)
    run = Circumstances(clean, clean, str(build.request["code"]), [build], protocol=asked.digest)
    return objections(asked, (), {}, run)


def _no_source(bench: Bench) -> Found:
    told = against_release(bench, problem(bench), None)
    return Found("gate" if told else NOTHING, told)


_MODEL = "model = super().model(features, classes, recipe)"
_OF = "of problem my classifier"
_EXTRA = """
class Extra(nn.Linear):
    def get_extra_state(self):
        return {"scale": 2.0}
"""

DEFECTS = (
    Defect(
        "initial values from another generator",
        "a user's problem: model() draws by numpy's own generator",
        _model(
            _MODEL,
            "model[0].weight.data = torch.from_numpy(np.random.normal(size=(16, features)))",
            "return model",
        ),
        "usage error",
        f"model() {_OF} made two models that differ in 0.weight: draw initial values by PyTorch's own functions, which "
        "longcon seeds, or by a generator that model() itself seeds.",
    ),
    Defect(
        "one model in place of many",
        "a user's problem: model() returns the same one again",
        _model(_MODEL, "return self.__dict__.setdefault('once', model)"),
        "usage error",
        f"model() {_OF} made two models that share 0.weight, so that one trains the other: make every tensor anew in "
        "each call.",
    ),
    Defect(
        "a module that no digest holds",
        "a user's problem: model() imports a helper when it is called",
        _model("from late import UNITS", "return nn.Linear(features, classes)"),
        "usage error",
        f"model() {_OF} raised ImportError at problem.py, line {{number}}: module 'late' is first imported while the "
        "problem is at work, when its digest has been taken without it: import it at the top of the file: correct it.",
    ),
    Defect(
        "a state that no build can keep",
        "a user's problem: a layer whose state holds what is no tensor",
        _model("return Extra(features, classes)", head=_EXTRA),
        "usage error",
        f"The state of the model {_OF} holds _extra_state, a dict: keep dense tensors of real numbers there, and "
        "anything else out of it.",
    ),
    Defect(
        "a layer that is not trained",
        "a user's problem: an optimiser that leaves the first one out",
        _prepared(
            "    def optimiser(self, parameters, recipe):\n"
            "        return super().optimiser(list(parameters)[2:], recipe)"
        ),
        "usage error",
        f"optimiser() {_OF} leaves out 2 of 6 parameters, first 0.weight: give it all that it is handed, or let what "
        "is not trained require no gradient.",
    ),
    Defect(
        "measurements that are not finite",
        "a user's problem: prepare() takes the logarithm of 0",
        _prepared(
            "    def prepare(self, training):\n"
            "        return lambda values: torch.from_numpy(values - values.min()).log().numpy()"
        ),
        "usage error",
        "Case 'case {number}' of the training split has the measurement -inf (number {number}): give finite numbers, "
        "and impute what is missing.",
    ),
    Defect(
        "labels beyond the classes",
        "a user's problem: its training labels count from 1",
        _data("training_labels=data.training_labels + 1"),
        "usage error",
        "Case 'case {number}' of the training split has label 2, but there are 2 classes: give an index from 0 to 1.",
    ),
    Defect(
        "a user's hold-out in training under another name",
        "a user's problem: a hold-out case's measurements in a training case's place",
        _data("training=np.vstack([data.holdout[:1], data.training[1:]])"),
        "usage error",
        "Case 'case {number}' of the hold-out has the measurements of case 'case {number}' of the training split: "
        "leave one of them out.",
    ),
    Defect(
        "a target class that is absent",
        "a user's problem: no hold-out case of the target class",
        _data("holdout_labels=0 * data.holdout_labels"),
        "usage error",
        "Class 'malignant' has no case in the hold-out: give cases of it or leave it out.",
    ),
    Defect(
        "a split that nobody seeded",
        "a user's problem: another split in every run",
        _unseeded_split,
        "LC-IQ-06",
        "data: the protocol says {digest}, but the run read {digest}. Likely cause: other files, features or split "
        "than were agreed on; compare [problem] of the protocol, or have the new digest approved.",
    ),
    Defect(
        "a problem edited during the run",
        "a user's file, after the run has read it and before a build is trained",
        _changed_meanwhile,
        "LC-OQ-02",
        "The source of my classifier changed while the run was under way: start it again.",
    ),
    Defect(
        "settings that a problem overrides",
        "a user's file: two threads, and no deterministic algorithms",
        _settings_overridden,
        "LC-IQ-01",
        "k=3 float64 on cpu, replicate 1: deterministic_algorithms was False, not True; threads was 2, not 1; retrain "
        "with --fresh where nothing overrides these settings.",
    ),
    Defect(
        "another problem than the protocol's",
        "a user's file: another activation than when its source was agreed on",
        _another_source,
        "usage error",
        "The problem's source has the SHA-256 {digest}, but the protocol says {digest}: restore the code that was "
        "agreed on, or have the new digest approved.",
    ),
    Defect(
        "a problem that is not pinned",
        "--release with a user's problem, and no source in the protocol",
        _no_source,
        "gate",
        "the protocol says no digest of the problem's code, so other code could train: give source in [problem].",
    ),
)
