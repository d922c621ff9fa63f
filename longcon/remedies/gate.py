"""The gate: what ``pytest validation`` says of a protocol, read from the audit that its process left."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import longcon
from longcon.audit import AuditError, verify
from longcon.audit.files import read_plain
from longcon.audit.schema import read_json
from longcon.audit.verification import EVIDENCE
from longcon.builds.files import write_file
from longcon.errors import BuildError, RunEndedError

# Where the suite lies in a checkout, and how pytest says that it was not let run: interrupted, and a mistake in what
# was given.
_SUITE = Path(longcon.__file__).resolve().parents[1] / "validation"
_INTERRUPTED, _MISTAKE = 2, 4
_OF_THE_CUTOFF = "LC-PQ-05"


@dataclass(frozen=True)
class Word:
    """What the gate says of one protocol.

    Attributes:
        verdict: ``"PASS"``, ``"FAIL"`` or ``"INCOMPLETE"``; ``"NOT TRIED"`` where the run was refused.
        sentence: the verdict with its numbers, or why the run was refused.
        audit: folder of the audit; empty ones are left by no run.
        failed: ids of the gating requirements that were not met.
        epoch: released; None where no build was made.
        tau: cut-off of the original build; None where none was found.
        recall: of the target class at tau on the hold-out; None where no cut-off was found.
        seconds: that the training of the original build took; None where it was not made.
        builds: keys of the first replicates, the original's first.
    """

    verdict: str
    sentence: str
    audit: Path
    failed: tuple[str, ...] = ()
    epoch: int | None = None
    tau: float | None = None
    recall: float | None = None
    seconds: float | None = None
    builds: tuple[str, ...] = ()

    @property
    def passes(self) -> bool:
        """Whether the whole gate passes."""
        return self.verdict == "PASS"


def ask_gate(protocol: Path, store: str, place: Path, options: Sequence[str] = ()) -> Word:
    """Returns what the gate says of a protocol.

    Args:
        protocol: file of one k.
        store: where builds are kept, as ``--store`` takes it.
        place: folder for the audit and what pytest prints, ``gate.txt``.
        options: further ones of pytest.

    Raises:
        BuildError: the suite is not there, or its run left no audit of it; the text quotes its last words.
        RunEndedError: it was interrupted.
    """
    if not _SUITE.is_dir():
        raise BuildError(
            f"The gate is the suite of the checkout, and {_SUITE} is not there: install longcon from a clone with "
            "pip install --editable."
        )
    audit = place / "audit"
    # -P, as for the command pytest: the working directory is no place for modules.
    command = [sys.executable, "-P", "-m", "pytest", str(_SUITE), "-q", "-p", "no:cacheprovider"]
    code, printed, told = _ran([*command, f"--protocol={protocol}", f"--store={store}", f"--audit={audit}", *options])
    write_file(place / "gate.txt", printed)
    if code == _INTERRUPTED:
        raise RunEndedError("The gate's run was interrupted: run the same command again, and it goes on where it was.")
    if code == _MISTAKE:
        why = next((line for line in told if line.startswith("ERROR: ")), told[-1] if told else "no words")
        return Word("NOT TRIED", why.removeprefix("ERROR: "), audit)
    word = _word(audit, protocol)
    if word.passes != (code == 0):
        raise BuildError(
            f"The gate's run of {protocol} ended with exit code {code}, but its audit says {word.verdict}: "
            f"see {place / 'gate.txt'}."
        )
    return word


def _ran(command: Sequence[str]) -> tuple[int, bytes, list[str]]:
    """Returns exit code, standard output and the lines of standard error, which are passed on: they tell progress."""
    told: list[str] = []
    with tempfile.TemporaryFile() as printed:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=printed, stderr=subprocess.PIPE)
        assert process.stderr is not None
        with process, process.stderr as lines:
            for line in lines:
                text = line.decode(errors="replace")
                # What it cannot do is told by who asked.
                if text.strip() and not text.startswith("ERROR: "):
                    sys.stderr.write(text)
                told += [text.strip()] if text.strip() else []
        printed.seek(0)
        return process.returncode, printed.read(), told


def _word(audit: Path, protocol: Path) -> Word:
    evidence = _evidence(audit)
    said, settings = evidence["verdict"], evidence["settings"]
    of = settings["protocol"]
    if of is None or of["sha256"] != hashlib.sha256(protocol.read_bytes()).hexdigest():
        raise BuildError(f"The audit {audit} is not of {protocol}: remove it, and run again.")
    of_the_cutoff = (case["details"] for case in evidence["cases"] if case["requirement"] == _OF_THE_CUTOFF)
    cut: Mapping[str, Any] = next(of_the_cutoff, {})
    firsts = [build for build in evidence["builds"] if build["replicate"] == 1]
    firsts.sort(key=lambda build: not build["original"])
    original = firsts[0] if firsts and firsts[0]["original"] else None
    unmet = [case["requirement"] for case in evidence["cases"] if case["gating"] and case["outcome"] not in _HELD]
    return Word(
        said["word"],
        said["sentence"],
        audit,
        tuple(dict.fromkeys(unmet)),
        next((one["epoch"] for one in settings["released_epochs"]), None),
        cut.get("tau"),
        cut.get("recall"),
        None if original is None else original["seconds"],
        tuple(build["key"] for build in firsts) if original is not None else (),
    )


_HELD = ("met", "ineffective", "not applicable")


def _evidence(audit: Path) -> Mapping[str, Any]:
    try:
        findings = verify(audit).findings
    except AuditError as error:
        raise BuildError(f"The gate's run left no audit that could be read: {error}") from error
    content = read_plain(audit, EVIDENCE)
    if findings or isinstance(content, str):
        raise BuildError(f"The audit {audit} is not as the gate's run wrote it: run again.")
    evidence: Mapping[str, Any] = read_json(content)
    return evidence
