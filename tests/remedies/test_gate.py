"""The gate's word: read from the audit of a real run, and from no other."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from longcon.errors import BuildError
from longcon.protocol import deviate, given, template
from longcon.protocol.template import EXAMPLE
from longcon.remedies import Word, ask_gate, gate

OF_PYTEST = ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_XDIST_TESTRUNUID", "PYTEST_ADDOPTS")


@dataclass(frozen=True)
class Asked:
    """A gate that was asked once."""

    place: Path
    protocol: Path
    word: Word


def _protocol(place: Path, **said: object) -> Path:
    options = {"features": "60", "epochs": "2", "k": ["8"], "surrogate": ["order:1"], **said}
    run, _ = deviate(EXAMPLE, given(options, place))
    place.mkdir(parents=True, exist_ok=True)
    file = place / "protocol.toml"
    file.write_text(template(run), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    place = tmp_path_factory.mktemp("gate")
    protocol = _protocol(place, sine_tolerance="1e-17")
    with pytest.MonkeyPatch.context() as patch:
        for name in OF_PYTEST:
            patch.delenv(name, raising=False)
        return Asked(place, protocol, ask_gate(protocol, str(place / "store"), place))


@pytest.mark.slow
def test_the_word_is_that_of_the_audit(asked: Asked) -> None:
    word = asked.word
    evidence = json.loads((asked.place / "audit" / "evidence.json").read_text(encoding="utf-8"))
    assert (word.verdict, word.passes) == ("FAIL", False)
    assert word.sentence == evidence["verdict"]["sentence"]
    assert word.failed == ("LC-PQ-01",)
    assert [(one["k"], one["epoch"]) for one in evidence["settings"]["released_epochs"]] == [(8, word.epoch)]
    firsts = {build["key"]: build["device"] for build in evidence["builds"] if build["replicate"] == 1}
    assert [firsts[key] for key in word.builds] == ["cpu", "cpu+order:1"]
    assert word.recall is not None
    assert 0 < word.recall <= 1
    assert "verdict: FAIL: k = 8: " in (asked.place / "gate.txt").read_text(encoding="utf-8")


@pytest.mark.slow
def test_an_audit_that_was_edited_has_no_word(asked: Asked, tmp_path: Path) -> None:
    audit = tmp_path / "audit"
    shutil.copytree(asked.place / "audit", audit)
    evidence = audit / "evidence.json"
    evidence.chmod(0o644)
    evidence.write_text(evidence.read_text(encoding="utf-8").replace('"FAIL"', '"PASS"'), encoding="utf-8")
    with pytest.raises(BuildError) as error:
        gate._word(audit, asked.protocol)
    assert str(error.value) == f"The audit {audit} is not as the gate's run wrote it: run again."


@pytest.mark.slow
def test_an_audit_of_another_protocol_has_no_word(asked: Asked, tmp_path: Path) -> None:
    audit, other = asked.place / "audit", tmp_path / "protocol.toml"
    other.write_text(asked.protocol.read_text(encoding="utf-8") + "# another\n", encoding="utf-8")
    with pytest.raises(BuildError) as error:
        gate._word(audit, other)
    assert str(error.value) == f"The audit {audit} is not of {other}: remove it, and run again."


def test_no_audit_has_no_word(tmp_path: Path) -> None:
    with pytest.raises(BuildError) as error:
        gate._word(tmp_path / "audit", tmp_path / "protocol.toml")
    assert str(error.value).startswith("The gate's run left no audit that could be read: ")


@pytest.mark.slow
def test_a_recipe_that_is_refused_is_not_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in OF_PYTEST:
        monkeypatch.delenv(name, raising=False)
    protocol = _protocol(tmp_path, k=["5000"])
    word = ask_gate(protocol, str(tmp_path / "store"), tmp_path)
    assert (word.verdict, word.passes, word.seconds) == ("NOT TRIED", False, None)
    assert word.sentence == "k is 5000, but the training split has 260 cases: give --k=260 or less."


def test_without_the_suite_there_is_no_gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "_SUITE", tmp_path / "validation")
    with pytest.raises(BuildError) as error:
        ask_gate(tmp_path / "protocol.toml", "store", tmp_path)
    assert str(error.value) == (
        f"The gate is the suite of the checkout, and {tmp_path / 'validation'} is not there: install longcon from a "
        "clone with pip install --editable."
    )
