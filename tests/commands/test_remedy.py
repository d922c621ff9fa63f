"""``python -m longcon remedy`` as users run it: every word on a remedy is the gate's, and what it refuses."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path

import pytest

from longcon.__main__ import main
from longcon.audit import verify
from longcon.protocol import read_protocol

# Native builds of two orders of summation are never this near; portable ones are identical.
FAILING = ("--features=60", "--epochs=3", "--k=8", "--surrogate=isa:default", "--sine-tolerance=1e-17")


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """What pytest tells of the run that this is part of is not for the gate's."""
    for name in ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_XDIST_TESTRUNUID", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("remedy") / "store"


@pytest.mark.slow
def test_the_gate_decides_on_every_remedy(store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert main(["remedy", f"--out={out}", f"--store={store}", *FAILING]) == 0
    text, told = capsys.readouterr()
    with (out / "remedies.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["remedy"]: row for row in csv.DictReader(file)}
    assert [(name, row["gate"]) for name, row in rows.items()] == [
        ("the recipe as it is", "FAIL"),
        ("LayerNorm epsilon 0.1", "FAIL"),
        ("learning rate 0.002195", "FAIL"),
        ("portable arithmetic", "PASS"),
    ]
    for row in rows.values():
        audit = Path(row["audit"])
        # The word is that of an audit which anybody can verify, of the protocol beside it.
        assert verify(audit).findings == ()
        evidence = json.loads((audit / "evidence.json").read_text(encoding="utf-8"))
        assert evidence["verdict"]["word"] == row["gate"]
        protocol = (audit.parent / "protocol.toml").read_bytes()
        assert evidence["settings"]["protocol"]["sha256"] == hashlib.sha256(protocol).hexdigest()
        assert evidence["verdict"]["sentence"] == row["sentence"]
        assert ("LC-PQ-01" in row["failed"].split()) == (row["gate"] == "FAIL")
        cut = next(case["details"] for case in evidence["cases"] if case["requirement"] == "LC-PQ-05")
        assert (float(row["tau"]), float(row["recall"])) == (cut["tau"], cut["recall"])
        original = next(build for build in evidence["builds"] if build["original"])
        assert float(row["seconds"]) == original["seconds"]
    assert read_protocol(out / "portable-arithmetic" / "protocol.toml").recipe.arithmetic == "portable"
    assert "longcon: remedy 3 of 3: portable arithmetic\n" in told
    assert "\nthe gate passes portable arithmetic, the cheapest of 1 that it passes\n" in text

    assert main(["remedy", f"--out={out}", f"--store={store}", *FAILING]) == 4
    assert capsys.readouterr().err == f"ERROR: {out / 'remedies.csv'} is there already: give another --out.\n"


@pytest.mark.slow
def test_an_earlier_release_is_taken_from_the_builds_of_the_gate(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A tolerance that the rebuilds leave between the first epoch and the last: an epoch before that passes."""
    options = ("--features=60", "--epochs=6", "--k=2", "--learning-rate=0.03", "--surrogate=order:1", "--p=0.5")
    out = tmp_path / "as it is"
    assert main(["remedy", f"--out={out}", f"--store={store}", *options, "--release-epoch=last"]) == 0
    text = capsys.readouterr().out
    assert text.splitlines()[-2] == "the gate passes the recipe as it is: there is nothing to remedy"
    assert [path.name for path in sorted(out.iterdir())] == ["recipe", "remedies.csv"]

    out, tight = tmp_path / "tight", ("--release-epoch=last", "--sine-tolerance=3e-15", "--first", "--json")
    assert main(["remedy", f"--out={out}", f"--store={store}", *options, *tight]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [one["gate"] for one in found] == ["FAIL", "PASS"]
    assert found[1]["remedy"] == f"release at epoch {found[1]['epoch']}"
    assert found[1]["epoch"] < found[0]["epoch"] == 6
    assert read_protocol(out / "earlier-release" / "protocol.toml").recipe.release_epoch == found[1]["epoch"]


@pytest.mark.slow
def test_what_the_gate_refuses_is_the_users_to_mend(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["remedy", f"--out={tmp_path / 'out'}", f"--store={store}", "--features=60", "--k=5000"]) == 4
    assert capsys.readouterr().err.splitlines()[-1] == (
        "ERROR: k is 5000, but the training split has 260 cases: give --k=260 or less."
    )
    assert not (tmp_path / "out" / "remedies.csv").exists()


REFUSED = {
    "--k=1 --k=2": "k is 1, 2, but remedy takes one recipe: give one --k.",
    "--p=2": "p is 2, but a proportion of consistency lies in (0, 1]: give --p=0.98, say.",
    "--device=imported": "--device=imported: remedy trains its builds itself: give a device of this machine.",
    "--reference=abcd": "Option '--reference' is unknown - did you mean '--confidence'?: python -m longcon remedy "
    "--help lists them.",
    "--cluster=": "--cluster is empty, as an unset variable leaves it: give a scheduler or leave it out.",
    "--out=": "--out is empty, as an unset variable leaves it: give a folder or leave it out.",
}


@pytest.mark.parametrize("given", REFUSED)
def test_a_mistake_is_one_sentence(
    given: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["remedy", *given.split()]) == 4
    assert capsys.readouterr().err == f"ERROR: {REFUSED[given]}\n"
    assert list(tmp_path.iterdir()) == []
