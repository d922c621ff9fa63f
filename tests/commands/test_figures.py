"""``python -m longcon figures`` as users run it, on a small simulated cohort."""

from __future__ import annotations

import contextlib
import csv
import io
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest
import torch

from longcon.__main__ import main
from longcon.commands import Command, figure_builds
from longcon.commands.figure_builds import Group
from longcon.devices import parse_devices

SMALL = ("--features=60", "--epochs=2", "--curvature-every=50", "--jobs=2")
FILES = [f"figure-{n}{suffix}" for n in (1, 2) for suffix in (".csv", ".pdf", ".svg")] + ["figures.md"]
# One recipe of each kind; every other is trained and drawn by the same code.
FEW = (Group("float32", (8,), True), Group("float64", (4,), False))


@dataclass(frozen=True)
class Drawn:
    """A finished run."""

    code: int
    out: Path
    printed: list[str]
    told: list[str]

    def rows(self, name: str) -> list[dict[str, str]]:
        """Returns the rows of a table."""
        with (self.out / name).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))


def _draw(place: Path, store: Path, *options: str) -> Drawn:
    """Runs the command on few recipes; builds and fingerprints are made in processes of their own, as ever."""
    out, printed, told = place / "figures", io.StringIO(), io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(told),
    ):
        patch.setattr(figure_builds, "GROUPS", FEW)
        code = main(["figures", f"--out={out}", f"--store={store}", *SMALL, *options])
    return Drawn(code, out, printed.getvalue().splitlines(), told.getvalue().splitlines())


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("figures") / "store"


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory, store: Path) -> Drawn:
    run = _draw(tmp_path_factory.mktemp("drawn"), store)
    assert run.code == 0, run.told
    return run


@pytest.mark.slow
def test_figures_tables_and_captions_are_written_and_named(drawn: Drawn) -> None:
    assert sorted(path.name for path in drawn.out.iterdir()) == FILES
    assert sorted(drawn.printed) == [str(drawn.out / name) for name in FILES]
    for name in ("figure-1.svg", "figure-2.svg"):
        assert ElementTree.parse(drawn.out / name).getroot().get("role") == "img"  # noqa: S314 - our own file
    text = (drawn.out / "figures.md").read_text(encoding="utf-8")
    assert "**Figure 1.** Precision and recall of 'GBM, RTK I'" in text
    assert "builds on cpu and on cpu+mkl:COMPATIBLE" in text
    assert "GBM methylation classes, simulated: 60 features, 260 training and 87 hold-out cases, seed 0." in text
    rows = [line.split(" | ")[:3] for line in text.splitlines() if line.startswith("| ") and "float" in line]
    assert rows == [
        ["| 4", "float64", "cpu"],
        ["| 8", "float32", "cpu"],
        ["| 8", "float32", "cpu+mkl:COMPATIBLE"],
    ]


@pytest.mark.slow
def test_the_tables_hold_every_recipe_and_update(drawn: Drawn) -> None:
    assert {row["k"] for row in drawn.rows("figure-1.csv")} == {"4"}
    rows = drawn.rows("figure-2.csv")
    assert {(row["k"], row["dtype"]) for row in rows} == {("8", "float32")}
    assert [row["updates"] for row in rows] == [str(n) for n in range(67)]
    assert [n for n, row in enumerate(rows) if row["residual"]] == [0, 50]
    assert rows[0]["sine"] == rows[0]["exact_sine"] == "0.0"
    assert [n for n, row in enumerate(rows) if row["exact_sine"]] == [0, 33, 66]
    for row in (rows[33], rows[66]):
        assert 0 < float(row["sine"]) == pytest.approx(float(row["exact_sine"]), rel=0.4)


@pytest.mark.slow
def test_progress_is_told_with_an_estimate(drawn: Drawn) -> None:
    assert any(line.startswith("longcon: 1 of 3 builds ready; ") and line.endswith(" left") for line in drawn.told)
    assert drawn.told[-1].startswith("longcon: all 3 builds are there, 3 of them trained in ")


@pytest.mark.slow
def test_a_second_run_trains_nothing_and_draws_the_same_bytes(drawn: Drawn, store: Path, tmp_path: Path) -> None:
    again = _draw(tmp_path, store)
    assert (again.code, again.told[-1]) == (0, "longcon: all 3 builds are there")
    for name in FILES:
        assert (again.out / name).read_bytes() == (drawn.out / name).read_bytes(), name


@pytest.mark.slow
def test_a_surrogate_that_changes_nothing_is_refused(store: Path, tmp_path: Path) -> None:
    own = f"isa:{torch.backends.cpu.get_cpu_capability().lower()}"
    run = _draw(tmp_path, store, f"--surrogate={own}")
    assert (run.code, run.told[-1]) == (
        4,
        f"ERROR: cpu+{own} changes no bit of the arithmetic of cpu on this machine (k = 8, float32), so Figure 2 would "
        "compare a device with itself: give another surrogate, such as --surrogate=order:1.",
    )
    assert list(run.out.iterdir()) == []


def test_the_paper_has_ten_builds() -> None:
    options = Command("figures", "").parse(["--epochs=2", "--curvature-every=4"])
    costs = figure_builds.work(options, parse_devices(["cpu"], ["order:1"]), 260)
    assert {title.removesuffix(", replicate 1"): cost for title, cost in costs.items()} == {
        "k=1 float64 on cpu": 520 + 20 * 130,
        "k=1 float64 on cpu+order:1": 520,
        "k=2 float64 on cpu": 260 + 50 * 65,
        "k=2 float64 on cpu+order:1": 260,
        "k=4 float64 on cpu": 130,
        "k=8 float64 on cpu": 66,
        "k=1 float32 on cpu": 520 + 20 * 130,
        "k=1 float32 on cpu+order:1": 520,
        "k=8 float32 on cpu": 66 + 50 * 16.5,
        "k=8 float32 on cpu+order:1": 66,
    }


MISTAKES = [
    (
        ["--surrogate=oder:1"],
        "Surrogate 'oder:1' is unknown - did you mean 'order:1'?: give isa:NAME, mkl:COMPATIBLE, "
        "openblas:NAME, order:N or none.",
    ),
    (["--surrogate=none"], "--surrogate is 'none', but Figure 2 compares two devices: give one such as order:1."),
    (["--curvature-every=-1"], "--curvature-every is -1, but must be at least 0: give --curvature-every=0 or more."),
    (
        ["--out=/proc/longcon"],
        "/proc/longcon could not be written (No such file or directory): "
        "make room or rights there, or give another --out.",
    ),
    (
        ["--store=/proc/longcon"],
        "/proc/longcon could not be written (No such file or directory): "
        "make room or rights there, or give another --store.",
    ),
]


@pytest.mark.parametrize(("options", "sentence"), MISTAKES, ids=[" ".join(options) for options, _ in MISTAKES])
def test_a_mistake_is_one_sentence(
    options: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [f"--out={tmp_path / 'out'}", f"--store={tmp_path / 'store'}", *SMALL, *options]
    assert main(["figures", *given]) == 4
    assert capsys.readouterr().err == f"ERROR: {sentence}\n"
