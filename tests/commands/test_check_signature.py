"""python -m longcon check-signature: one line for each build, and its exit codes."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from longcon.__main__ import main
from longcon.builds import read_build
from tests.builds.keys import elliptic, private_file, public_file
from tests.builds.small_builds import small_store

EXAMPLE = "python -m longcon check-signature 1f2e --public-key=public.pem"
MISTAKES = [
    ([], f"No build was given: give one of the store, {EXAMPLE}."),
    (["1f2e"], f"--public-key is missing: give the file of a key, {EXAMPLE}."),
    (
        ["1f2e", "--private-key=x"],
        "Option '--private-key' is unknown - did you mean '--public-key'?: python -m longcon check-signature --help "
        "lists them.",
    ),
]


@pytest.mark.parametrize(("arguments", "sentence"), MISTAKES, ids=[" ".join(a) or "nothing" for a, _ in MISTAKES])
def test_a_mistake_is_one_sentence(arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check-signature", *arguments]) == 4
    assert capsys.readouterr() == ("", f"ERROR: {sentence}\n")


@pytest.fixture
def signed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[Path, tuple[str, ...], Path]:
    """A store of three builds of which two are signed, their keys, and the public key."""
    store, key = tmp_path / "store", elliptic()
    names = small_store(store, 1, 2, 3)
    private = private_file(tmp_path / "private.pem", key)
    assert main(["sign", *names[:2], f"--private-key={private}", f"--store={store}"]) == 0
    capsys.readouterr()
    return store, names, public_file(tmp_path / "public.pem", key)


def test_every_build_gets_a_line(
    signed: tuple[Path, tuple[str, ...], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    store, names, public = signed
    (store / "builds" / names[1] / "note.txt").write_text("")
    digest = hashlib.sha256(public.read_bytes()).hexdigest()
    assert main(["check-signature", *names, f"--public-key={public}", f"--store={store}"]) == 1
    assert capsys.readouterr() == (
        f"{names[0]} {read_build(store / 'builds' / names[0], names[0]).title}: the signature holds\n"
        f"Build {names[1]} is not as it was signed, note.txt was added: restore it from a copy.\n"
        f"Build {names[2]} has no signature: have it signed with python -m longcon sign.\n"
        f"public key: SHA-256 {digest}\n",
        "",
    )
    assert main(["check-signature", names[0][:8], f"--public-key={public}", f"--store={store}"]) == 0


def test_another_key_holds_for_nothing(
    signed: tuple[Path, tuple[str, ...], Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    store, names, _ = signed
    other = public_file(tmp_path / "other.pem", elliptic())
    assert main(["check-signature", names[0], f"--public-key={other}", f"--store={store}"]) == 1
    assert capsys.readouterr().out.startswith(f"Build {names[0]} was signed with another key than {other}: give ")


def test_the_key_is_read_before_any_build(
    signed: tuple[Path, tuple[str, ...], Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    store, names, _ = signed
    private = tmp_path / "private.pem"
    assert main(["check-signature", names[0], f"--public-key={private}", f"--store={store}"]) == 4
    assert capsys.readouterr() == (
        "",
        f"ERROR: {private} is a private key, but the public one verifies: give that as --public-key.\n",
    )


def test_what_was_altered_before_it_was_signed_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A genuine signature, by another program, of a build that contradicts its manifest."""
    from model_signing import signing

    store, key = tmp_path / "store", elliptic()
    (name,) = small_store(store, 1)
    folder, private = store / "builds" / name, private_file(tmp_path / "private.pem", key)
    (folder / "scores.safetensors").write_bytes(b"")
    (store / "signatures").mkdir()
    config = signing.Config().use_elliptic_key_signer(private_key=private)  # type: ignore[no-untyped-call]
    config.sign(folder, store / "signatures" / f"{name}.json")
    public = public_file(tmp_path / "public.pem", key)
    assert main(["check-signature", name, f"--public-key={public}", f"--store={store}"]) == 1
    assert capsys.readouterr().out.startswith(f"Build {folder} was altered: scores.safetensors has other bytes; ")


def test_a_signature_travels_with_its_build(
    signed: tuple[Path, tuple[str, ...], Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    store, names, public = signed
    archive, there = tmp_path / "builds.tar", tmp_path / "there"
    assert main(["export", names[0], str(archive), f"--store={store}"]) == 0
    assert main(["import", str(archive), f"--store={there}"]) == 0
    assert json.loads((there / "signatures" / f"{names[0]}.json").read_bytes())
    assert main(["check-signature", names[0], f"--public-key={public}", f"--store={there}"]) == 0
    capsys.readouterr()
