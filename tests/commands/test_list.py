"""`longcon list`: every build of a store, sound or not, and nothing made there."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from longcon.__main__ import main
from longcon.builds import Campaign
from longcon.builds.build_writer import seal
from longcon.builds.provenance import Provenance, write_provenance
from tests.builds.small_builds import told_otherwise
from tests.commands.shelf import STARTED, names_in, shelve, shelve_command

Captured = pytest.CaptureFixture[str]

# Keys and sizes stand in for those of the builds.
GOLDEN = """\
build         what                                     problem  epochs  epoch       when  SIZE  marks
KEY-OF-ALONE  k=1 float64 on cpu, replicate 1          clouds        2  best 1      2026-01-02 03:04:05 UTC  SIZE  -
KEY-ORIGINAL  k=2 float64 on cpu, replicate 1          clouds        2  released 1  2026-01-02 03:04:05 UTC  SIZE  \
reference without audit, signed
KEY-OF-AGAIN  k=2 float64 on cpu, replicate 2          clouds        2  best 1      2026-01-02 03:04:05 UTC  SIZE  -
KEY-OF-OTHER  k=2 float64 on cpu+order:1, replicate 1  clouds        2  best 1      2026-01-02 03:04:05 UTC  SIZE  -
KEY-COMMANDS  command on cuda:0, replicate 1           clouds        -  -           2026-01-02 03:04:05 UTC  SIZE  -
"""


def test_builds_are_listed_by_problem_k_device_and_replicate(tmp_path: Path, capsys: Captured) -> None:
    keys = {
        shelve_command(tmp_path, device="cuda:0"): "KEY-COMMANDS",
        shelve(tmp_path, device="cpu+order:1", numeric_class="b" * 64, seconds=1.5): "KEY-OF-OTHER",
        shelve(tmp_path, replicate=2, seconds=1.75): "KEY-OF-AGAIN",
        shelve(tmp_path, recipe={"k": 1}, seconds=2.0): "KEY-OF-ALONE",
    }
    original = shelve(tmp_path)
    assert main(["release", original, f"--store={tmp_path}"]) == 0
    (tmp_path / "signatures").mkdir()
    (tmp_path / "signatures" / f"{original}.json").write_bytes(b"{}")
    capsys.readouterr()
    before = names_in(tmp_path)
    assert main(["list", f"--store={tmp_path}"]) == 0
    text = re.sub(r" +(size|[\d.]+ kB)  ", "  SIZE  ", capsys.readouterr().out)
    for key, name in {**keys, original: "KEY-ORIGINAL"}.items():
        text = text.replace(key[:12], name)
    assert text == GOLDEN
    assert names_in(tmp_path) == before


def test_json_is_one_array_of_objects(tmp_path: Path, capsys: Captured) -> None:
    key = shelve(tmp_path)
    write_provenance(tmp_path, key, Provenance("site-b", "a" * 64, STARTED))
    assert main(["list", f"--store={tmp_path}", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == [
        {
            "key": key,
            "title": "k=2 float64 on cpu@site-b, replicate 1",
            "problem": "clouds",
            "k": 2,
            "device": "cpu@site-b",
            "replicate": 1,
            "epochs": 2,
            "best_epoch": 1,
            "released_epoch": None,
            "started": STARTED,
            "seconds": 1.25,
            "size": sum(path.stat().st_size for path in (tmp_path / "builds" / key).iterdir()),
            "reference": None,
            "signed": False,
            "imported_from": "site-b",
            "altered": None,
        }
    ]


def test_trained_builds_are_all_there(trained: Campaign, copied_store: Path, capsys: Captured) -> None:
    builds = [trained.build(device, 2, replicate) for device in trained.plan.devices for replicate in (1, 2)]
    assert main(["list", f"--store={copied_store}", "--json"]) == 0
    # Other tests may have had resumed trainings added to the store that all of them share.
    found = [one for one in json.loads(capsys.readouterr().out) if "killed after" not in one["title"]]
    assert [(one["key"], one["title"], one["problem"]) for one in found] == [
        (build.folder.name, build.title, "four clouds") for build in builds
    ]


def test_a_store_without_builds(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "builds").mkdir()
    assert main(["list", f"--store={tmp_path}"]) == 0
    assert capsys.readouterr() == (
        f"{tmp_path} holds no build yet: a run of pytest validation with this --store trains some.\n",
        "",
    )
    assert main(["list", f"--store={tmp_path}", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_a_folder_that_is_no_store(tmp_path: Path, capsys: Captured) -> None:
    assert main(["list", f"--store={tmp_path / 'none'}"]) == 4
    assert capsys.readouterr() == (
        "",
        f"ERROR: {tmp_path / 'none'} is no store, it has no folder 'builds': give that of a run as --store.\n",
    )
    assert not (tmp_path / "none").exists()


def _flipped(store: Path, key: str) -> str:
    path = store / "builds" / key / "state-0002.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    return "state-0002.safetensors has other bytes"


def _missing(store: Path, key: str) -> str:
    (store / "builds" / key / "scores.safetensors").unlink()
    return "scores.safetensors is missing"


def _added(store: Path, key: str) -> str:
    (store / "builds" / key / "\x1b[2J").touch()
    return "'\\x1b[2J' was added"


def _without_manifest(store: Path, key: str) -> str:
    (store / "builds" / key / "manifest.json").unlink()
    return "manifest.json cannot be read (FileNotFoundError)"


DAMAGE: list[Callable[[Path, str], str]] = [_flipped, _missing, _added, _without_manifest]


@pytest.mark.parametrize("damage", DAMAGE, ids=lambda damage: damage.__name__[1:])
def test_an_altered_build_is_listed_with_the_reason(
    tmp_path: Path, damage: Callable[[Path, str], str], capsys: Captured
) -> None:
    sound, altered = shelve(tmp_path), shelve(tmp_path, replicate=2, seconds=1.75)
    why = damage(tmp_path, altered)
    sentence = (
        f"Build {tmp_path / 'builds' / altered} was altered: {why}; restore it from a copy, or delete it or give "
        "--fresh to retrain."
    )
    assert main(["list", f"--store={tmp_path}"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in lines] == ["build", sound[:12], altered[:12]]
    assert lines[-1] == f"{altered[:12]}  ALTERED: {sentence}"
    assert main(["list", f"--store={tmp_path}", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)[-1] == {"key": altered, "altered": sentence}


def _lacks_k(manifest: dict[str, dict[str, dict[str, object]]]) -> None:
    del manifest["request"]["recipe"]["k"]


def _says_text(manifest: dict[str, dict[str, object]]) -> None:
    manifest["request"]["replicate"] = "one"


def _says_list(manifest: dict[str, dict[str, object]]) -> None:
    manifest["request"]["software"] = []


def _has_no_epochs(manifest: dict[str, dict[str, object]]) -> None:
    files = manifest["files"]
    for name in [name for name in files if name.startswith("state-")]:
        files[name.replace("state-", "state-x")] = files.pop(name)


@pytest.mark.parametrize(
    "change", [_lacks_k, _says_text, _says_list, _has_no_epochs], ids=lambda change: change.__name__[1:]
)
def test_a_manifest_that_was_sealed_anew(
    tmp_path: Path, change: Callable[[dict[str, object]], None], capsys: Captured
) -> None:
    """Whoever can write a manifest can seal it, so its digest says nothing of what is in it."""
    folder = told_otherwise(tmp_path / "builds" / shelve(tmp_path), change)
    if change is _has_no_epochs:
        for path in folder.glob("state-*"):
            path.rename(path.with_name(path.name.replace("state-", "state-x")))
    assert main(["list", f"--store={tmp_path}"]) == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith(f"{folder.name[:12]}  ALTERED: Build {folder} was altered: manifest.json ")


def test_a_mark_that_does_not_hold_is_shown(tmp_path: Path, capsys: Captured) -> None:
    key = shelve(tmp_path)
    assert main(["release", key, f"--store={tmp_path}"]) == 0
    path = tmp_path / "references" / f"{key}.json"
    said = json.loads(path.read_bytes())
    del said["digest"]
    path.write_bytes(seal({**said, "tau": 0.3}))
    capsys.readouterr()
    assert main(["list", f"--store={tmp_path}"]) == 1
    assert capsys.readouterr().out == (
        f"{key[:12]}  ALTERED: Reference {path} does not hold: its tau is 0.3, but the hold-out gives 0.6 at epoch 1; "
        "delete it, and release the build again.\n"
    )


def test_a_reference_that_is_gone_is_missed(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "builds").mkdir()
    (tmp_path / "references").mkdir()
    path = tmp_path / "references" / f"{'0' * 32}.json"
    path.touch()
    assert main(["list", f"--store={tmp_path}"]) == 1
    assert capsys.readouterr().out == (
        f"{'0' * 12}  ALTERED: Build {'0' * 32} was released ({path}), but is not there: restore it from a copy.\n"
    )


def test_a_build_from_before_lists_of_cases_were_kept(tmp_path: Path, capsys: Captured) -> None:
    folder = told_otherwise(
        tmp_path / "builds" / shelve(tmp_path), lambda manifest: manifest["files"].pop("cases.json")
    )
    (folder / "cases.json").unlink()
    assert main(["list", f"--store={tmp_path}"]) == 0
    assert re.search(r"replicate 1  - +2  best 1", capsys.readouterr().out)
