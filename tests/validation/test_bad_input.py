"""What a user gets wrong ends in one sentence and exit code 4, before any build trains."""

from __future__ import annotations

import gzip
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from longcon.cohorts import simulate
from tests.small_store import copied
from tests.validation.conftest import ONE_SURROGATE, ROOT, SMALL, Validate

pytestmark = pytest.mark.slow

OPTIONS = [
    ("--audit=", "--audit is empty, as an unset variable leaves it: give a folder or leave it out."),
    (
        "--operator=",
        "--operator is '': give a name of one line and at most 200 characters, or leave it out.",
    ),
    (
        "--operator=A\nB",
        "--operator is 'A\\nB': give a name of one line and at most 200 characters, or leave it out.",
    ),
    ("--device=cpi", "Device 'cpi' is unknown - did you mean 'cpu'?: give cpu, cuda, cuda:N, all or imported."),
    ("--k=0", "k is 0, but a minibatch holds at least 1 case: give --k=1 or more."),
    ("--k=261", "k is 261, but the training split has 260 cases: give --k=260 or less."),
    ("--k=two", "--k is 'two', which is not a whole number: give one such as 2."),
    ("--p=high", "--p is 'high', which is not a number: give one such as 0.95."),
    ("--release-epoch=7", "release epoch is '7': give --release-epoch best, last, or a number from 1 to 6."),
    (
        "--require=LC-PQ-07",
        "LC-PQ-07 needs the curvature of every step: give --curvature-every=1 beside --require=LC-PQ-07.",
    ),
    (
        "--runxfail",
        "--runxfail would turn what an advisory requirement finds into a failure: "
        "leave it out, or make the requirement gating by --require.",
    ),
    (
        "--store=/proc/longcon",
        "/proc/longcon could not be written (No such file or directory): "
        "make room or rights there, or give another --store.",
    ),
]


@pytest.mark.parametrize(("option", "text"), OPTIONS, ids=[option for option, _ in OPTIONS])
def test_options(validate: Validate, option: str, text: str) -> None:
    run = validate(option)
    assert (run.code, run.error) == (4, text)
    assert "Traceback" not in run.output


def test_a_gpu_that_is_not_there(validate: Validate) -> None:
    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    asked = f"cuda:{gpus}" if gpus else "cuda"
    run = validate(f"--device={asked}")
    none = (
        f"Device 'cuda' was asked for, but PyTorch {torch.__version__} finds no CUDA device on this machine: "
        "run on a machine with a GPU, or give --device=cpu."
    )
    beyond = f"Device '{asked}' was asked for, but this machine has {gpus}: give cuda:0 to cuda:{gpus - 1}."
    assert (run.code, run.error) == (4, beyond if gpus else none)
    assert "skipped" not in run.output


def test_an_audit_that_would_replace_what_is_not_longcons(validate: Validate, tmp_path: Path) -> None:
    (tmp_path / "audit").mkdir()
    (tmp_path / "audit" / "thesis.tex").write_text("mine")
    run = validate()
    assert (run.code, run.error) == (
        4,
        f"{tmp_path}/audit holds files that longcon did not write (thesis.tex): "
        "move them elsewhere, or give another --audit.",
    )
    assert (tmp_path / "audit" / "thesis.tex").read_text() == "mine"


def test_a_report_that_cannot_be_written(validate: Validate, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    run = validate(f"--html={tmp_path}/file/x.html")
    assert (run.code, run.error) == (
        4,
        f"The report {tmp_path}/file/x.html cannot be written (File exists): give another place by --html=FILE.",
    )


def test_a_report_that_is_switched_off(validate: Validate) -> None:
    for name in ("longcon-report", "longcon-audit", "reports.plugin"):
        run = validate("-p", f"no:{name}")
        assert (run.code, run.error) == (
            4,
            "longcon's report is switched off, and with it the verdict: leave its -p no:... out.",
        )


def test_several_workers_tell_a_mistake_once(validate: Validate) -> None:
    run = validate("-n", "2", "--k=261")
    assert run.code == 4
    assert run.output.count("k is 261, but the training split has 260 cases") == 1


@pytest.fixture(scope="module")
def geo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Simulated files in GEO's layout, to do damage to."""
    folder = tmp_path_factory.mktemp("geo")
    simulate(folder, seed=0, probes=360)
    return folder


REFERENCE, PROSPECTIVE = "GSE90496_beta.txt.gz", "GSE109379_processed_data.txt.gz"


def _edit(path: Path, change: Callable[[list[str]], list[str]]) -> None:
    lines = gzip.decompress(path.read_bytes()).decode().split("\n")
    path.write_bytes(gzip.compress("\n".join(change(lines)).encode()))


def _cut_last_line(folder: Path) -> None:
    _edit(folder / PROSPECTIVE, lambda lines: [*lines[:-2], "\t".join(lines[-2].split("\t")[:356])])


def _cut_gzip(folder: Path) -> None:
    path = folder / REFERENCE
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _same_sample_twice(folder: Path) -> None:
    _edit(folder / REFERENCE, lambda lines: [lines[0].replace("SAMPLE 2\t", "SAMPLE 1\t"), *lines[1:]])


def _beta_above_one(folder: Path) -> None:
    def change(lines: list[str]) -> list[str]:
        cells = lines[5].split("\t")
        return [*lines[:5], "\t".join([cells[0], *["1.5"] * (len(cells) - 1)]), *lines[6:]]

    _edit(folder / REFERENCE, change)


def _other_probes(folder: Path) -> None:
    _edit(folder / PROSPECTIVE, lambda lines: [lines[0], *(f"x{line}" if line else line for line in lines[1:])])


def _class_missing(folder: Path) -> None:
    path = folder / "GSE90496_series_matrix.txt.gz"
    _edit(path, lambda lines: [line.replace("GBM, MID", "GBM, MIX") for line in lines])


def _no_file(folder: Path) -> None:
    (folder / REFERENCE).unlink()


DAMAGES = [
    (_cut_last_line, "GSE109379_processed_data.txt.gz", "truncated"),
    (_cut_gzip, "GSE90496_beta.txt.gz", "truncated"),
    (_same_sample_twice, "GSE90496_beta.txt.gz", "SAMPLE 1"),
    (_beta_above_one, "GSE90496_beta.txt.gz", "1.5"),
    (_other_probes, "probes", ""),
    (_class_missing, "GBM, MID", ""),
    (_no_file, "GSE90496_beta.txt", ""),
]


@pytest.mark.parametrize(("damage", "where", "what"), DAMAGES, ids=[damage.__name__[1:] for damage, *_ in DAMAGES])
def test_cohorts(
    validate: Validate, geo: Path, tmp_path: Path, damage: Callable[[Path], None], where: str, what: str
) -> None:
    folder = tmp_path / "geo"
    shutil.copytree(geo, folder)
    damage(folder)
    run = validate(f"--data={folder}")
    assert run.code == 4, run.output
    assert where in run.error
    assert what in run.error
    assert run.error.count(". ") == 0
    assert "Traceback" not in run.output


def test_geo_files_that_are_whole_are_read(validate: Validate, geo: Path) -> None:
    run = validate(f"--data={geo}")
    assert run.code in (0, 1)
    assert "GSE90496 and GSE109379; target GBM, RTK I" in run.output


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "with workers"])
def test_an_edited_manifest(validate: Validate, small_store: Path, tmp_path: Path, workers: tuple[str, ...]) -> None:
    store = tmp_path / "copy"
    copied(small_store, store)
    for path in store.glob("builds/*/manifest.json"):
        path.write_text(path.read_text().replace('"replicate": 2', '"replicate": 1'))
    run = validate(*workers, store=store)
    assert run.code == 4
    assert run.error.startswith(f"Build {store}/builds/")
    assert run.error.endswith(
        " was altered: manifest.json was edited; restore it from a copy, or delete it or give --fresh to retrain."
    )


def test_a_full_store(small_store: Path, tmp_path: Path) -> None:
    """A limit on the size of files, set for the whole run, refuses a build's states as a full disk does."""
    store = tmp_path / "copy"
    shutil.copytree(small_store, store, ignore=shutil.ignore_patterns("builds", "runs"))
    code = (
        "import resource, sys, pytest; resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000));"
        "sys.exit(pytest.main(sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(ROOT / "validation"), *SMALL, ONE_SURROGATE, f"--store={store}"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    output = done.stdout + done.stderr
    assert done.returncode == 4, output
    assert "could not be written (File too large): make room or rights there, or give another --store." in output
    assert "Traceback" not in output
    assert not list(store.glob("builds/*"))
