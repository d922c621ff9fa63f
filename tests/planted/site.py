"""A laboratory whose classifier a command trains: a small one, that runs in a tenth of a second."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from longcon.builds import Build, BuildRequest, Store
from longcon.builds.command_runner import CommandRunner
from longcon.checks import (
    Outcome,
    cutoff_of,
    rebuild_agrees,
    replicates_identical,
)
from longcon.devices import Device, parse_surrogate
from longcon.problems import Command, CommandProblem, ProblemData
from longcon.protocol import Limits
from longcon.training import Recipe
from tests.planted.bench import Bench
from tests.planted.defect import Found, decided

# A logistic score of one measurement, with what the seed draws; another OpenBLAS core rounds otherwise.
_SCRIPT = """
import math, os, random, struct, sys
from pathlib import Path

seed, out = int(sys.argv[1]), Path(sys.argv[2])
weight = 8 + random.Random(seed).random()
weight *= 1 + 1e-15 * ("OPENBLAS_CORETYPE" in os.environ)
rows = []
for line in Path("values.csv").read_text().split():
    case, value = line.split(",")
    score = 1 / (1 + math.exp(-weight * float(value)))
    rows.append([case, 1 - score, score])
head = '{"weights":{"dtype":"F64","shape":[2],"data_offsets":[0,16]}}'.encode()
(out / "parameters.safetensors").write_bytes(struct.pack("<Q", len(head)) + head + struct.pack("<2d", weight, 1.0))
text = "".join(f"{case},{first!r},{second!r}\\n" for case, first, second in rows)
(out / "scores.csv").write_text("case,benign,malignant\\n" + text)
"""
CORE = Device("cpu", parse_surrogate("openblas:Prescott"))
CPU = Device("cpu")
# How these builds are told of in messages.
FIRST = "command on cpu, replicate 1"
REPLICATES, REBUILD = f"{FIRST} against replicate 2", "command on cpu+openblas:Prescott, replicate 1 against cpu"
CAUSE = "likely cause: a nondeterministic operation, another thread count or an altered build; run again with --fresh."
ALL_DIFFER = (
    f"{REPLICATES}: states differ at epoch 1 in weights: 1 of 2 values differ, first at (0,): "
    f"{{number}} against {{number}} ({{number}} ulp); {CAUSE}"
)
# The script's last line, after which a defect may have more.
LAST = _SCRIPT.splitlines()[-1] + "\n"


@dataclass(frozen=True)
class Site:
    """A folder with a command that scores forty cases by one measurement each, and what it reads.

    Attributes:
        place: an empty folder.
    """

    place: Path

    def __post_init__(self) -> None:
        self.place.mkdir()
        classes = ("benign", "malignant")
        cases = {f"h{n}": n for n in range(40)} | {f"p{n}": n for n in range(200)}
        listed = [
            f"{case},{'holdout' if case[0] == 'h' else 'prospective'},{classes[n % 2]}" for case, n in cases.items()
        ]
        values = [f"{case},{(0.2 + n % 7 / 10) * (-1, 1)[n % 2]}" for case, n in cases.items()]
        self.write("train.py", _SCRIPT)
        self.write("cases.csv", "\n".join(["case,split,class", *listed]))
        self.write("values.csv", "\n".join(values))

    def write(self, name: str, text: str) -> None:
        (self.place / name).write_text(text)

    def edit(self, *changes: tuple[str, str], name: str = "train.py") -> Site:
        """Returns itself, with changes in one of its files."""
        text = (self.place / name).read_text()
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new, 1)
        self.write(name, text)
        return self

    @property
    def problem(self) -> CommandProblem:
        """The problem, as it stands in the folder."""
        reads = ("values.csv", *(["large.bin"] if (self.place / "large.bin").exists() else []))
        command = Command("python train.py {seed} {out}", self.place, reads, 60, parameters=True)
        return CommandProblem(command, self.place / "cases.csv", "malignant")

    @cached_property
    def data(self) -> ProblemData:
        """The cases."""
        return self.problem.data(lambda *_: None)

    def request(self, replicate: int = 1, device: Device = CPU, seed: int = 0) -> BuildRequest:
        """Returns what a build of the command is asked to be."""
        return BuildRequest(
            data="d" * 64,
            recipe=Recipe(k=2, epochs=1, widths=(), seed=seed),
            device=device.name,
            numeric_class=device.name,
            software={},
            code="c" * 32,
            replicate=replicate,
            record=(0, 1),
            keep_best=False,
            problem=self.problem.identity,
        )

    @property
    def store(self) -> Store:
        """Where its builds are kept."""
        return Store(self.place.with_name("store-of-commands"), "run")

    def build(self, replicate: int = 1, device: Device = CPU, seed: int = 0) -> Build:
        """Returns a build, trained by the command unless the store has it."""
        request, command, data = self.request(replicate, device, seed), self.problem.command, self.data

        def train(folder: Path) -> None:
            CommandRunner().train(command, device, request, data=data, fingerprint={}, folder=folder, run="run")

        return self.store.obtain(request, train)


def site_of(bench: Bench, *changes: tuple[str, str], name: str = "train.py") -> Site:
    """Returns a new site, with changes in one of its files."""
    return Site(bench.place / "site").edit(*changes, name=name)


def replicates(site: Site, second: Build | None = None) -> Found:
    """Returns what the comparison of replicates finds; the command trains those that are not given."""
    return decided("LC-OQ-02", lambda: replicates_identical(site.build(), second or site.build(2)))


def rebuilt(site: Site, rebuild: Build | None = None) -> Found:
    """Returns what the comparison of calls with a rebuild on another core finds, likewise."""

    def calls() -> Outcome:
        original, data = site.build(), site.data
        tau = cutoff_of(original, 1, data).tau
        return rebuild_agrees(original, rebuild or site.build(device=CORE), 1, tau, data, Limits())

    return decided("LC-PQ-03", calls)
