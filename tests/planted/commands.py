"""Commands that are wrong: in what they read, in what they write, and in what they leave."""

from __future__ import annotations

from collections.abc import Callable

from fixtures.problem import prepared_command
from longcon.checks import (
    cutoff_is_precise,
)
from longcon.protocol import Limits
from tests.plain_settings import plain_settings
from tests.planted.bench import Bench
from tests.planted.defect import NOTHING, Defect, Found, decided, refused
from tests.planted.runs import found
from tests.planted.site import ALL_DIFFER, FIRST, LAST, REBUILD, rebuilt, replicates, site_of
from tests.pytest_process import PytestProcess
from tests.small_store import Run

_LARGE = 5 << 20


def _script(*changes: tuple[str, str]) -> Callable[[Bench], Found]:
    """Returns what plants changes in the script, and compares the replicates that it trains."""
    return lambda bench: replicates(site_of(bench, *changes))


def _scores(change: str) -> Callable[[Bench], Found]:
    """Returns what plants a line before the scores are written."""
    return _script(('text = "', f'{change}\ntext = "'))


def _ends(lines: str) -> Callable[[Bench], Found]:
    """Returns what plants last lines."""
    return _script((LAST, LAST + lines))


def _remembers(bench: Bench) -> Found:
    kept = bench.place / "kept.csv"
    lines = f"kept = Path({str(kept)!r})\ntext = kept.read_text() if kept.exists() else text\nkept.write_text(text)\n"
    return rebuilt(site_of(bench, ('(out / "scores', f'{lines}(out / "scores')))


def _every_case_alike(bench: Bench) -> Found:
    site = site_of(bench, ("float(value)", "0"))
    return decided("LC-PQ-05", lambda: cutoff_is_precise(site.build(), 1, site.data, Limits()))


def _changes_what_it_reads(bench: Bench) -> Found:
    original = bench.place / "site" / "values.csv"
    return _ends(f"Path({str(original)!r}).write_text('p0,1')\n")(bench)


def _changes_it_unseen(bench: Bench) -> Found:
    """Through the link that stands for a large file, which then has the size and the time that it had."""
    site = site_of(bench, (LAST, LAST + _UNSEEN))
    (site.place / "large.bin").write_bytes(bytes(_LARGE))
    return replicates(site)


def _reads_what_is_not_listed(bench: Bench) -> Found:
    site = site_of(bench, ("8 +", "_weight() +"), ("seed, out", f"{_UNLISTED}seed, out"))
    site.write("weight.txt", "8")
    return replicates(site)


def _another_file(bench: Bench) -> Found:
    """The store holds a build of other data: the request for these must not find it."""
    site = site_of(bench)
    site.build()
    site.edit(("p3,", "p3,0."), name="values.csv")
    build = site.store.find(site.request())
    return Found(NOTHING if build else "store", ("no build answers the request",))


def _another_source(bench: Bench) -> Found:
    site = site_of(bench)
    agreed = site.problem.command.digest()
    site.edit(("8 +", "9 +"))
    settings = plain_settings(command=site.problem, source=agreed)
    return refused(lambda: prepared_command(settings, site.problem, lambda *_: None))


def run(bench: Bench, *options: str, changes: tuple[tuple[str, str], ...] = ()) -> Run:
    """Runs the validation of the command, as its laboratory would."""
    site = site_of(bench, *changes)
    site.write("protocol.toml", _PROTOCOL)
    process = PytestProcess(environment={"PYTHONPATH": str(bench.driver.commit)})
    arguments = [str(bench.driver.commit / "validation"), "--protocol=protocol.toml", "-p", "no:cacheprovider"]
    code, output = process.run(site.place, [*arguments, *options])
    process.close()
    return Run(code, output, "")


_FOUR_DIGITS = (("first!r", "first:.4f"), ("second!r", "second:.4f"))
_UNSEEN = """
large = Path("large.bin")
before = large.stat()
with large.open("r+b") as file:
    file.write(os.urandom(8))
os.utime(large, ns=(before.st_atime_ns, before.st_mtime_ns))
"""
_UNLISTED = """
def _weight():
    file = Path("weight.txt")
    return float(file.read_text()) if file.exists() else sys.exit(f"no {file}")

"""
_PROTOCOL = """
[protocol]
title = "A command"
version = "1"
intended_use = "To be found wanting."

[problem]
train = "python train.py {seed} {out}"
cases = "cases.csv"
target = "malignant"
reads = ["values.csv"]
parameters = true
timeout = 60

[devices]
surrogates = ["openblas:Prescott"]
"""
_BUILD = f"Build {FIRST}:"
_INEFFECTIVE = f"ineffective: {REBUILD} changes no bit of the arithmetic, so it shows nothing"
_ROW = "write a row for every case of the hold-out and the prospective set; its log is empty."
_OUT = "let it write in {out} or in $TMPDIR; its log is empty."

DEFECTS = (
    Defect(
        "a command that no seed holds",
        "the script: draws that nobody seeds",
        _script(("random.Random(seed)", "random.Random()")),
        "LC-OQ-02",
        ALL_DIFFER,
    ),
    Defect(
        "parameters that no sine sees",
        "the script: parameters named as buffers are",
        _script(('"weights"', '"buffers/w"')),
        "LC-OQ-02",
        f"{_BUILD} parameters.safetensors: 'buffers/w' begins with buffers/, as what is no parameter does: name it "
        "otherwise; its log is empty.",
    ),
    Defect(
        "scores with four digits",
        "the script: what differs beyond them is not written",
        lambda bench: rebuilt(site_of(bench, *_FOUR_DIGITS)),
        "LC-PQ-03",
        _INEFFECTIVE,
    ),
    Defect(
        "a command that remembers",
        "the script: its first scores, kept in a file of its own, for every build",
        _remembers,
        "LC-PQ-03",
        _INEFFECTIVE,
    ),
    Defect(
        "a command that tells no case from another",
        "the script: no measurement counts",
        _every_case_alike,
        "LC-PQ-05",
        f"{FIRST}, epoch 1: No cut-off has precision 1 on the hold-out, since case 0, not of the target class, has "
        "the highest target score, 0.5: check its label, or train a better build; threshold, precision and recall "
        "were{table}",
    ),
    Defect(
        "a command's score that is no number",
        "the script: NaN for one case",
        _scores("rows[3][2] = math.nan"),
        "LC-OQ-02",
        f"{_BUILD} scores.csv: the score nan of case 'h3' in column 'malignant' is no score: write scores from 0 to 1; "
        "its log is empty.",
    ),
    Defect(
        "a case that is not scored",
        "the script: a row less",
        _scores("del rows[5]"),
        "LC-OQ-02",
        f"{_BUILD} scores.csv lacks 1 case of 240, 'h5': {_ROW}",
    ),
    Defect(
        "a prospective set that is not scored",
        "the script: the hold-out alone",
        _scores("rows = rows[:40]"),
        "LC-OQ-02",
        f"{_BUILD} scores.csv lacks 200 cases of 240, first 'p0', 'p1', 'p2': {_ROW}",
    ),
    Defect(
        "a case that is scored twice",
        "the script: a row again",
        _scores("rows.append(rows[5])"),
        "LC-OQ-02",
        f"{_BUILD} scores.csv has case 'h5' twice: write one row for every case; its log is empty.",
    ),
    Defect(
        "a command that writes elsewhere",
        "the script: a file in its working folder",
        _ends("Path('model.bin').write_text('x')\n"),
        "LC-OQ-02",
        f"{_BUILD} The command wrote outside {{out}} ('model.bin' was written in its working folder): {_OUT}",
    ),
    Defect(
        "a command that changes what it reads",
        "the script: its table in the laboratory's own folder",
        _changes_what_it_reads,
        "LC-OQ-02",
        f"{_BUILD} The command wrote outside {{out}} ('{{path}}' was changed, which it may only read): {_OUT}",
    ),
    Defect(
        "a command that changes what it reads, unseen",
        "the script: a large file, its size and time as before",
        _changes_it_unseen,
        "LC-OQ-02",
        f"{_BUILD} What the command reads changed while the run was under way: start it again.",
    ),
    Defect(
        "no parameters where they are promised",
        "the script: parameters = true, and none are left",
        _ends("(out / 'parameters.safetensors').unlink()\n"),
        "LC-OQ-02",
        f"{_BUILD} The command left no parameters.safetensors, but the protocol says parameters = true: write them, or "
        "say false; its log is empty.",
    ),
    Defect(
        "a file that is not listed",
        "the script: it reads one that lies beside it",
        _reads_what_is_not_listed,
        "LC-OQ-02",
        f"{_BUILD} The command failed with exit status 1: correct it or what it reads; the end of its log: no "
        "weight.txt",
    ),
    Defect(
        "a cached build of former data",
        "a table that the command reads, changed after the build was kept",
        _another_file,
        "store",
        "no build answers the request",
    ),
    Defect(
        "another command than the protocol's",
        "the script, changed since its source was agreed on",
        _another_source,
        "usage error",
        "The problem's source has the SHA-256 {digest}, but the protocol says {digest}: restore the code that was "
        "agreed on, or have the new digest approved.",
    ),
    Defect(
        "a command's prospective case that was held out",
        "cases.csv: one identifier in both",
        lambda bench: refused(lambda: site_of(bench, ("p3,", "h3,"), name="cases.csv").data),
        "usage error",
        "Case 'h3' stands both in the reference cohort and in the prospective set: leave it out of the prospective "
        "set.",
    ),
    Defect(
        "scores with four digits, through a whole run",
        "the script: what differs beyond them is written to the parameters alone",
        lambda bench: found(run(bench, changes=_FOUR_DIGITS), "verdict"),
        "verdict",
        "LC-PQ-03[cpu+openblas:Prescott-k2]: no effective device decided it",
    ),
    Defect(
        "a command that is not pinned",
        "--release, and no source in the protocol",
        lambda bench: found(run(bench, "--release"), "gate"),
        "gate",
        "stands against a release: the protocol says no digest of the problem's code, so other code could train: give "
        "source in [problem].",
    ),
)
