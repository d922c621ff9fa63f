"""``python -m longcon figures`` as users run it, on a small simulated cohort."""

from __future__ import annotations

import csv
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest
import torch

from longcon.__main__ import main

ROOT = Path(__file__).parents[2]
SMALL = ("--features=60", "--epochs=2", "--curvature-every=50")
FILES = [f"figure-{n}{suffix}" for n in (1, 2) for suffix in (".csv", ".pdf", ".svg")] + ["figures.md"]


@dataclass(frozen=True)
class Drawn:
    """A finished run and the folder that it was to draw into."""

    done: subprocess.CompletedProcess[str]
    out: Path

    def rows(self, name: str) -> list[dict[str, str]]:
        """Returns the rows of a table."""
        with (self.out / name).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))


def _draw(place: Path, store: Path, *options: str) -> Drawn:
    command = [sys.executable, "-m", "longcon", "figures", f"--out={place / 'figures'}", f"--store={store}", *SMALL]
    done = subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True, timeout=500, check=False)
    return Drawn(done, place / "figures")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("figures") / "store"


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory, store: Path) -> Drawn:
    run = _draw(tmp_path_factory.mktemp("drawn"), store)
    assert run.done.returncode == 0, run.done.stderr
    return run


@pytest.mark.slow
def test_figures_tables_and_captions_are_written_and_named(drawn: Drawn) -> None:
    assert sorted(path.name for path in drawn.out.iterdir()) == FILES
    assert sorted(drawn.done.stdout.splitlines()) == [str(drawn.out / name) for name in FILES]
    for name in ("figure-1.svg", "figure-2.svg"):
        assert ElementTree.parse(drawn.out / name).getroot().get("role") == "img"  # noqa: S314 - our own file
    text = (drawn.out / "figures.md").read_text(encoding="utf-8")
    assert "**Figure 1.** Precision and recall of 'GBM, RTK I'" in text
    assert "builds on cpu and on cpu+mkl:COMPATIBLE" in text
    assert "GBM methylation classes, simulated: 60 features, 260 training and 87 hold-out cases, seed 0." in text
    assert len([line for line in text.splitlines() if line.startswith(("| 1 |", "| 2 |", "| 4 |", "| 8 |"))]) == 10


@pytest.mark.slow
def test_the_tables_hold_every_recipe_and_update(drawn: Drawn) -> None:
    assert {row["k"] for row in drawn.rows("figure-1.csv")} == {"1", "2", "4", "8"}
    rows = drawn.rows("figure-2.csv")
    updates = {("1", "float64"): 520, ("2", "float64"): 260, ("1", "float32"): 520, ("8", "float32"): 66}
    assert {key: sum((row["k"], row["dtype"]) == key for row in rows) - 1 for key in updates} == updates
    assert len(rows) == sum(updates.values()) + len(updates)
    for (k, dtype), count in updates.items():
        own = [row for row in rows if (row["k"], row["dtype"]) == (k, dtype)]
        assert [i for i, row in enumerate(own) if row["residual"]] == list(range(0, count, 50))
        assert own[0]["sine"] == own[0]["exact_sine"] == "0.0"
        assert float(own[-1]["exact_sine"]) > 0


@pytest.mark.slow
def test_progress_is_told_with_an_estimate(drawn: Drawn) -> None:
    lines = drawn.done.stderr.splitlines()
    assert any(line.startswith("longcon: 5 of 10 builds ready; ") and line.endswith(" left") for line in lines)
    assert lines[-1].startswith("longcon: all 10 builds are there, 10 of them trained in ")


@pytest.mark.slow
def test_a_second_run_trains_nothing_and_draws_the_same_bytes(drawn: Drawn, store: Path, tmp_path: Path) -> None:
    again = _draw(tmp_path, store)
    assert again.done.returncode == 0, again.done.stderr
    assert again.done.stderr.splitlines()[-1] == "longcon: all 10 builds are there"
    for name in FILES:
        assert (again.out / name).read_bytes() == (drawn.out / name).read_bytes(), name


@pytest.mark.slow
def test_a_surrogate_that_changes_nothing_is_refused(store: Path, tmp_path: Path) -> None:
    own = f"isa:{torch.backends.cpu.get_cpu_capability().lower()}"
    run = _draw(tmp_path, store, f"--surrogate={own}")
    assert run.done.returncode == 4
    assert run.done.stderr.splitlines()[-1] == (
        f"ERROR: cpu+{own} changes no bit of the arithmetic of cpu on this machine (k = 1, float64), so Figure 2 would "
        "compare a device with itself: give another surrogate, such as --surrogate=order:1."
    )
    assert list(run.out.iterdir()) == []


MISTAKES = [
    (
        ["--surrogate=oder:1"],
        "Surrogate 'oder:1' is unknown - did you mean 'order:1'?: give isa:NAME, mkl:COMPATIBLE, order:N or none.",
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


def test_without_matplotlib_the_extra_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert main(["figures", f"--out={tmp_path}"]) == 4
    assert capsys.readouterr().err == (
        "ERROR: Figures are drawn with matplotlib, which is not installed: "
        "install the extra, pip install 'longcon[figures]'.\n"
    )
