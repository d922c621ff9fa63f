"""Releases that are wrong: no protocol, another one's limits, or a checkout that is not what was committed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from longcon.protocol import template
from tests.planted.bench import Bench
from tests.planted.defect import Defect, Found
from tests.planted.runs import found
from tests.small_store import Run

_PLUGIN = "planted_release"


def protocol(bench: Bench, *changes: tuple[str, str]) -> Path:
    """Writes the protocol of the bench's builds, with changes to its text, and returns its place."""
    text = template()
    for old, new in (
        ("features = 5000", "features = 300"),
        ("epochs = 64", "epochs = 6"),
        ('surrogates = "by device"', 'surrogates = ["order:1"]'),
        ('digest = "none"', f'digest = "{bench.true().request["data"]}"'),
        *changes,
    ):
        assert old in text, old
        text = text.replace(old, new, 1)
    file = bench.place / "protocol.toml"
    file.write_text(text, encoding="utf-8")
    return file


def release(bench: Bench, *options: str, plugin: str = "", changes: tuple[tuple[str, str], ...] = ()) -> Run:
    """Runs the validation for a release, in the committed clone and with its protocol."""
    if plugin:
        (bench.place / f"{_PLUGIN}.py").write_text(plugin)
        options = (*options, "-p", _PLUGIN)
    return bench.driver.run(bench.store, "--release", f"--protocol={protocol(bench, *changes)}", *options)


def _released(
    bench: Bench, *options: str, by: str = "gate", plugin: str = "", **more: tuple[tuple[str, str], ...]
) -> Found:
    return found(release(bench, *options, plugin=plugin, **more), by)


def _in_a_clone(change: Callable[[Bench], None], plugin: str = "") -> Callable[[Bench], Found]:
    """Returns what plants a change in the clone, and takes it back after the run."""

    def plant(bench: Bench) -> Found:
        assert bench.driver.commit
        try:
            change(bench)
            return _released(bench, plugin=plugin)
        finally:
            bench.driver.restore()

    return plant


def _append(bench: Bench, name: str, text: str = "\n# one line more\n") -> None:
    with (bench.driver.clone / name).open("a") as file:
        file.write(text)


def _hidden(bench: Bench) -> None:
    bench.driver.git("update-index", "--assume-unchanged", "longcon/protocol/limits.py")
    _append(bench, "longcon/protocol/limits.py")


def _shown_again(bench: Bench) -> Found:
    try:
        return _in_a_clone(_hidden)(bench)
    finally:
        bench.driver.git("update-index", "--no-assume-unchanged", "longcon/protocol/limits.py")
        bench.driver.restore()


def _without_git(bench: Bench) -> Found:
    git, aside = bench.driver.commit / ".git", bench.driver.clone.with_name("git")
    git.rename(aside)
    try:
        return _released(bench)
    finally:
        aside.rename(git)


def _no_protocol(bench: Bench) -> Found:
    return found(bench.driver.run(bench.store, "--release"), "gate")


def _edits(file: Path) -> str:
    return (
        "def pytest_runtest_teardown(item, nextitem):\n    if nextitem is None:\n"
        f"        with open({str(file)!r}, 'a') as file:\n            file.write('# one line more')\n"
    )


def _edited_source(bench: Bench) -> Found:
    return _in_a_clone(lambda _: None, _edits(bench.driver.clone / "longcon" / "draws.py"))(bench)


def _edited_protocol(bench: Bench) -> Found:
    return _released(bench, plugin=_edits(bench.place / "protocol.toml"))


def _lost_build(bench: Bench) -> Found:
    manifest = bench.copy().folder / "manifest.json"
    plugin = (
        "import os\n\ndef pytest_runtest_teardown(item, nextitem):\n"
        f"    if nextitem is None:\n        os.remove({str(manifest)!r})\n"
    )
    return _released(bench, plugin=plugin)


_AGAINST = "stands against a release: "

DEFECTS = (
    Defect(
        "no protocol",
        "--release without --protocol",
        _no_protocol,
        "gate",
        f"{_AGAINST}no protocol was given, so nobody has set the limits before the run: give --protocol=FILE.",
    ),
    Defect(
        "a limit overridden",
        "--p=0.5 beside the protocol",
        lambda bench: _released(bench, "--p=0.5"),
        "gate",
        f"{_AGAINST}the run deviates from its protocol: --p is 0.5, in the protocol 0.98.",
    ),
    Defect(
        "a required device dropped",
        "--device=cpu beside a protocol that requires a GPU as well",
        lambda bench: _released(
            bench, "--device=cpu", changes=(('required = ["cpu"]', 'required = ["cpu", "cuda:0"]'),)
        ),
        "gate",
        f'{_AGAINST}the run deviates from its protocol: --device is ["cpu"], in the protocol ["cpu", "cuda:0"].',
    ),
    Defect(
        "no digest of the data",
        "the protocol's digest: none",
        lambda bench: _released(bench, changes=((f'digest = "{bench.true().request["data"]}"', 'digest = "none"'),)),
        "gate",
        f"{_AGAINST}the protocol says no digest of the data, so others could stand in for them: give digest in "
        "[problem].",
    ),
    Defect(
        "other data than the protocol's",
        "the protocol's digest: that of other data",
        lambda bench: _released(
            bench,
            by="LC-IQ-06",
            changes=((f'digest = "{bench.true().request["data"]}"', f'digest = "{"0" * 64}"'),),
        ),
        "LC-IQ-06",
        f"LC-IQ-06[run]: data: the protocol says {'0' * 64}, but the run read {{digest}}; builds were trained on "
        "{digest}. Likely cause: other files, features or split than were agreed on; compare [problem] of the "
        "protocol, "
        "or have the new digest approved.",
    ),
    Defect(
        "a dirty checkout",
        "a line more in validation/conftest.py",
        _in_a_clone(lambda bench: _append(bench, "validation/conftest.py")),
        "gate",
        f"{_AGAINST}the checkout is not clean, 1 file is not as committed (validation/conftest.py): commit or remove "
        "the changes.",
    ),
    Defect(
        "an untracked conftest.py",
        "validation/oq/conftest.py, in no commit",
        _in_a_clone(lambda bench: _append(bench, "validation/oq/conftest.py")),
        "gate",
        f"{_AGAINST}the checkout is not clean, 1 file is not as committed (validation/oq/conftest.py): commit or "
        f"remove "
        "the changes.",
    ),
    Defect(
        "a file hidden from git",
        "git update-index --assume-unchanged on the limits, and a line more in them",
        _shown_again,
        "gate",
        f"{_AGAINST}1 file is hidden from git's own look (longcon/protocol/limits.py): run git update-index "
        "--no-assume-unchanged --no-skip-worktree on what is named.",
    ),
    Defect(
        "a checkout without git",
        "the clone: no .git",
        _without_git,
        "gate",
        f"{_AGAINST}the checkout is under no commit of git, so what ran cannot be found again: run from a clone.",
    ),
    Defect(
        "source edited during the run",
        "a line more in longcon/draws.py after the last test",
        _edited_source,
        "gate",
        f"{_AGAINST}the checkout changed during the run, so what ran cannot be told: run again.",
    ),
    Defect(
        "protocol edited during the run",
        "a line more in the protocol after the last test",
        _edited_protocol,
        "gate",
        f"{_AGAINST}{{path}} changed during the run, so it is not the protocol that ran: run again.",
    ),
    Defect(
        "a build lost during the run",
        "the original's manifest, deleted after the last test",
        _lost_build,
        "gate",
        f"{_AGAINST}Build {{path}} was altered: manifest.json cannot be read (FileNotFoundError); restore it from a "
        "copy, or delete it or give --fresh to retrain.",
    ),
    Defect(
        "tests that are listed and not run",
        "--collect-only --release",
        lambda bench: _released(bench, "--collect-only"),
        "gate",
        "Tests were listed and nothing was decided.",
    ),
)
