"""python -m longcon sign: its words, and where the signature goes."""

from __future__ import annotations

from pathlib import Path

import pytest

from longcon.__main__ import main
from longcon.builds import read_build
from tests.builds.keys import elliptic, private_file, public_file
from tests.builds.small_builds import small_store, tree

EXAMPLE = "python -m longcon sign 1f2e --private-key=private.pem"
MISTAKES = [
    ([], f"No build was given: give one of the store, {EXAMPLE}."),
    (["1f2e"], f"--private-key is missing: give the file of a key, {EXAMPLE}."),
    (
        ["1f2e", "--private-key="],
        "--private-key is empty, as an unset variable leaves it: give a file or leave it out.",
    ),
    (
        ["1f2e", "--password=secret"],
        "Option '--password' is unknown - did you mean '--password-file'?: python -m longcon sign --help lists them.",
    ),
]


@pytest.mark.parametrize(("arguments", "sentence"), MISTAKES, ids=[" ".join(a) or "nothing" for a, _ in MISTAKES])
def test_a_mistake_is_one_sentence(arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sign", *arguments]) == 4
    assert capsys.readouterr() == ("", f"ERROR: {sentence}\n")


def _sign(store: Path, key_file: Path, *names: str) -> int:
    return main(["sign", *names, f"--private-key={key_file}", f"--store={store}"])


def _failed(capsys: pytest.CaptureFixture[str]) -> str:
    out, said = capsys.readouterr()
    assert out == ""
    return said.removeprefix("ERROR: ").removesuffix("\n")


def test_builds_are_signed_beside_their_folders(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keys = small_store(tmp_path / "store", 1, 2)
    before = tree(tmp_path / "store", "builds")
    key = elliptic()
    private, public = private_file(tmp_path / "private.pem", key), public_file(tmp_path / "public.pem", key)
    # The second one is named twice.
    assert _sign(tmp_path / "store", private, keys[0], keys[1][:6].upper(), keys[1]) == 0
    out, said = capsys.readouterr()
    lines = out.splitlines()
    titles = [read_build(tmp_path / "store" / "builds" / name, name).title for name in keys]
    assert lines[:2] == [f"{name} {title}: signed" for name, title in zip(keys, titles, strict=True)]
    assert len(lines) == 3
    assert said == ""
    assert tree(tmp_path / "store", "builds") == before
    assert set(tree(tmp_path / "store", "signatures")) == {f"signatures/{name}.json" for name in keys}
    assert main(["check-signature", *keys, f"--public-key={public}", f"--store={tmp_path / 'store'}"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == lines[-1]


def test_a_key_that_needs_a_password(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (name,) = small_store(tmp_path / "store", 1)
    private = private_file(tmp_path / "private.pem", elliptic(), b"correct horse")
    assert _sign(tmp_path / "store", private, name) == 4
    assert _failed(capsys) == (
        f"The private key {private} is encrypted: give a file with its password as --password-file."
    )
    assert tree(tmp_path / "store", "signatures") == {}
    (tmp_path / "password.txt").write_text("correct horse\n")
    opened = f"--password-file={tmp_path / 'password.txt'}"
    assert main(["sign", name, f"--private-key={private}", opened, f"--store={tmp_path / 'store'}"]) == 0
    out, said = capsys.readouterr()
    assert "correct horse" not in out + said


def test_a_build_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small_store(tmp_path / "store", 1)
    private = private_file(tmp_path / "private.pem", elliptic())
    assert _sign(tmp_path / "store", private, "x" * 8) == 4
    assert _failed(capsys).startswith("Build 'xxxxxxxx' is no key")


def test_a_build_that_was_altered_is_not_signed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (name,) = small_store(tmp_path / "store", 1)
    folder = tmp_path / "store" / "builds" / name
    (folder / "state-0000.safetensors").write_bytes(b"")
    assert _sign(tmp_path / "store", private_file(tmp_path / "private.pem", elliptic()), name) == 4
    assert _failed(capsys) == (
        f"Build {folder} was altered: state-0000.safetensors has other bytes; restore it from a copy, or delete it or "
        "give --fresh to retrain."
    )
    assert tree(tmp_path / "store", "signatures") == {}


def test_a_signature_is_renewed_by_its_own_key_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (name,) = small_store(tmp_path / "store", 1)
    mine, other = (private_file(tmp_path / f"{who}.pem", elliptic()) for who in ("mine", "other"))
    path = tmp_path / "store" / "signatures" / f"{name}.json"
    assert _sign(tmp_path / "store", mine, name) == 0
    former = path.read_bytes()
    assert _sign(tmp_path / "store", mine, name) == 0
    assert path.read_bytes() != former  # every signature by such a key is another one
    former = path.read_bytes()
    capsys.readouterr()
    assert _sign(tmp_path / "store", other, name) == 4
    assert _failed(capsys) == f"Build {name} has a signature of another key: move {path} elsewhere to sign it anew."
    assert path.read_bytes() == former
    path.write_text("no signature")
    assert _sign(tmp_path / "store", mine, name) == 4
    assert path.read_text() == "no signature"
