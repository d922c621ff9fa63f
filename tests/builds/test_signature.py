"""Signatures of builds: they hold for the very files and the very key, and for nothing else."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from longcon.builds.signature import public_key_of, sign_build, verify_signature
from longcon.builds.signing_keys import PrivateKey, PublicKey, read_public_key
from longcon.errors import StoreError
from tests.builds.keys import elliptic, public_file
from tests.builds.signed_builds import PASSWORD, SignedBuild, key_pair, refused, signed_build, written
from tests.builds.small_builds import told_otherwise


@pytest.fixture
def build(tmp_path: Path) -> Path:
    return written(tmp_path / "store")


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[PrivateKey, PublicKey]:
    return key_pair(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> SignedBuild:
    """A signed build that nobody alters."""
    return signed_build(tmp_path_factory.mktemp("signed"))


def test_a_signature_holds_wherever_the_build_is(
    build: Path, keys: tuple[PrivateKey, PublicKey], tmp_path: Path
) -> None:
    signature = sign_build(build, keys[0])
    verify_signature(build, signature, keys[1])
    assert public_key_of(signature) == keys[1].digest
    shutil.copytree(build, tmp_path / "elsewhere" / build.name)
    verify_signature(tmp_path / "elsewhere" / build.name, signature, keys[1])


def test_a_signature_names_every_file_and_no_secret(build: Path, keys: tuple[PrivateKey, PublicKey]) -> None:
    signature = sign_build(build, keys[0])
    bundle = json.loads(signature)
    assert bundle["mediaType"] == "application/vnd.dev.sigstore.bundle.v0.3+json"
    statement = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
    named = {resource["name"] for resource in statement["predicate"]["resources"]}
    assert named == {path.name for path in build.iterdir()}
    assert PASSWORD not in signature
    assert b"PRIVATE" not in signature
    assert sorted(path.name for path in build.parent.iterdir()) == [build.name]


def _alter(build: Path) -> None:
    (build / "scores.safetensors").write_bytes(b"")


def _add(build: Path) -> None:
    (build / "note.txt").write_text("a note")


def _add_for_git(build: Path) -> None:
    # What the library ignores unless it is told not to.
    (build / ".gitignore").write_text("*")


def _remove(build: Path) -> None:
    (build / "state-0000.safetensors").unlink()


def _link(build: Path) -> None:
    place = build / "scores.safetensors"
    place.rename(build.parents[1] / "scores")
    place.symlink_to(build.parents[1] / "scores")


def _add_folder(build: Path) -> None:
    (build / "more").mkdir()


def _seal_anew(build: Path) -> None:
    """Alters a file, and the manifest with it, as somebody does who knows how."""
    (build / "scores.safetensors").write_bytes(b"")
    told_otherwise(build, lambda manifest: manifest["files"].update({"scores.safetensors": "0" * 64}))


ALTERED: list[tuple[Callable[[Path], None], str]] = [
    (_alter, "scores.safetensors has other bytes"),
    (_add, "note.txt was added"),
    (_add_for_git, ".gitignore was added"),
    (_add_folder, "more was added"),
    (_remove, "state-0000.safetensors is missing"),
    (_link, "scores.safetensors cannot be read (Too many levels of symbolic links)"),
    (_seal_anew, "manifest.json has other bytes, scores.safetensors has other bytes"),
]


@pytest.mark.parametrize(("alter", "how"), ALTERED, ids=[alter.__name__[1:] for alter, _ in ALTERED])
def test_a_build_that_was_altered_after_it_was_signed(
    build: Path, keys: tuple[PrivateKey, PublicKey], alter: Callable[[Path], None], how: str
) -> None:
    signature = sign_build(build, keys[0])
    alter(build)
    assert refused(build, signature, keys[1]) == (
        f"Build {build.name} is not as it was signed, {how}: restore it from a copy."
    )


@pytest.mark.parametrize(("alter", "how"), ALTERED[:-1], ids=[alter.__name__[1:] for alter, _ in ALTERED[:-1]])
def test_a_build_that_was_altered_is_not_signed(
    build: Path, keys: tuple[PrivateKey, PublicKey], alter: Callable[[Path], None], how: str
) -> None:
    alter(build)
    with pytest.raises(StoreError) as caught:
        sign_build(build, keys[0])
    assert str(caught.value) == (
        f"Build {build} was altered: {how}; restore it from a copy, or delete it or give --fresh to retrain."
    )


def test_another_key(signed: SignedBuild, tmp_path: Path) -> None:
    folder, signature, _ = signed
    other = read_public_key(public_file(tmp_path / "other.pem", elliptic()))
    assert refused(folder, signature, other) == (
        f"Build {folder.name} was signed with another key than {other.path}: give the public key of whoever signed it "
        "as --public-key, or have it signed with this one."
    )


def test_no_signature(signed: SignedBuild) -> None:
    folder, _, key = signed
    assert refused(folder, None, key) == (
        f"Build {folder.name} has no signature: have it signed with python -m longcon sign."
    )


def test_the_signature_of_another_build(signed: SignedBuild, tmp_path: Path) -> None:
    _, signature, key = signed
    other = written(tmp_path, replicate=2)
    assert refused(other, signature, key) == (
        f"Build {other.name} is not as it was signed, manifest.json has other bytes: restore it from a copy."
    )
