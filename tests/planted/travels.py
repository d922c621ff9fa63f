"""Builds of other machines and other times: archives, marks, origins and lists of cases that are wrong."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from longcon.builds import Build, Elsewhere, Store, belonging, read_reference
from longcon.builds.archive import write_archive
from longcon.builds.archive_reader import unpack
from longcon.builds.build import read_build
from longcon.builds.build_writer import seal
from longcon.builds.coherence import require_coherent
from longcon.builds.provenance import Provenance, reference_path, write_provenance
from longcon.builds.reference import mark
from longcon.builds.request import BuildRequest
from longcon.builds.signature import sign_build, verify_signature
from longcon.builds.signing_keys import read_private_key, read_public_key
from longcon.training import Recipe
from tests.builds.keys import elliptic, private_file, public_file
from tests.planted.bench import ORDER, Bench, altered
from tests.planted.defect import Defect, Found, refused

_ORIGINAL = "k=2 float64 on cpu, replicate 1"
_RESTORE = "restore it from a copy, or delete it or give --fresh to retrain."


def _request(build: Build) -> BuildRequest:
    told = build.request
    return BuildRequest(**{**told, "recipe": Recipe.of_json(told["recipe"]), "record": tuple(told["record"])})


def _never(_: Path) -> None:
    raise AssertionError("a build was trained")


def _renamed_cases(bench: Bench) -> Found:
    """Two patients of the prospective set under each other's name, in the list and nowhere else."""
    build = bench.copy()
    roster = json.loads((build.folder / "cases.json").read_text())
    names = roster["prospective_cases"]
    names[0], names[1] = names[1], names[0]
    content = json.dumps(roster).encode()
    (build.folder / "cases.json").write_bytes(content)
    named = hashlib.sha256(content).hexdigest()
    build = altered(build, manifest=lambda told: told["files"].update({"cases.json": named}))
    return refused(lambda: require_coherent(build, bench.data, bench.epoch))


def _odd_manifest(bench: Bench) -> Found:
    return refused(lambda: altered(bench.copy(), manifest=lambda told: told.update(best_epoch="5")))


def _in_an_archive(change: Callable[[bytearray, Bench], None]) -> Callable[[Bench], Found]:
    def plant(bench: Bench) -> Found:
        build, place = bench.true(), bench.place / "unpacked"
        write_archive(bench.place / "b.tar", [(build.folder.name, build.folder, None)])
        content = bytearray((bench.place / "b.tar").read_bytes())
        change(content, bench)
        place.mkdir()
        return refused(lambda: unpack(io.BytesIO(content), len(content), place))

    return plant


def _flip_a_parameter(content: bytearray, bench: Bench) -> None:
    parameters = (bench.true().folder / bench.state).read_bytes()
    content[content.index(parameters) + len(parameters) - 1] ^= 1


def _lead_out(content: bytearray, bench: Bench) -> None:
    name = f"{bench.true().folder.name}/scores.safetensors".encode()
    # The second one is the header's; the first stands in the index.
    at = content.rindex(name)
    header = bytearray(content[at : at + 512])
    header[: len(name)] = b"../" + name[3:]
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    content[at : at + 512] = header


def _marked(bench: Bench, **changes: Any) -> Found:
    store, build = Store(bench.store, "run"), bench.copy()
    mark(store, build, bench.epoch, now=datetime(2026, 1, 1, tzinfo=UTC))
    path = reference_path(bench.store, build.folder.name)
    said = json.loads(path.read_text())
    del said["digest"]
    path.write_bytes(seal({**said, **changes}))
    return refused(lambda: read_reference(bench.store, build))


def _trained_again_after_its_release(bench: Bench) -> Found:
    """Another training under the released one's key, such as a later run would make it."""
    build = bench.copy()
    mark(Store(bench.store, "run"), build, bench.epoch, now=datetime(2026, 1, 1, tzinfo=UTC))
    again = altered(build, manifest=lambda told: told.update(seconds=told["seconds"] + 1))
    return refused(lambda: read_reference(bench.store, again))


def _fresh_over_a_release(bench: Bench) -> Found:
    store, build = Store(bench.store, "run"), bench.copy()
    mark(store, build, bench.epoch, now=datetime(2026, 1, 1, tzinfo=UTC))
    return refused(lambda: store.obtain(_request(build), _never, fresh=True))


def _imported_as_this_machines(bench: Bench) -> Found:
    build = bench.copy(ORDER)
    write_provenance(bench.store, build.folder.name, Provenance("site-b", "a" * 64, "2026-01-01T00:00:00Z"))
    return refused(lambda: Store(bench.store, "run").obtain(_request(build), _never))


def _of_another_recipe(bench: Bench) -> Found:
    build = altered(bench.copy(ORDER), manifest=lambda told: told["request"]["recipe"].update(seed=1))
    recipe = Recipe.of_json(bench.true().request["recipe"])
    request = bench.true().request
    return refused(lambda: belonging([build], request["data"], [recipe], request["problem"]))


def _resumed_alone(bench: Bench) -> Found:
    return refused(lambda: Elsewhere([bench.resumed()]).of(["imported"]))


def _signed_by_another(bench: Bench) -> Found:
    build = bench.copy()
    theirs = read_private_key(private_file(bench.place / "theirs.pem", elliptic()), None)
    ours = read_public_key(public_file(bench.place / "ours.pem", elliptic()))
    signature = sign_build(build.folder, theirs)
    return refused(lambda: verify_signature(build.folder, signature, ours))


def _altered_after_it_was_signed(bench: Bench) -> Found:
    """The one thing that tells of an edit which nothing in the build contradicts."""
    build, key = bench.copy(), elliptic()
    private = read_private_key(private_file(bench.place / "private.pem", key), None)
    public = read_public_key(public_file(bench.place / "public.pem", key))
    signature = sign_build(build.folder, private)
    later = altered(build, manifest=lambda told: told.update(started="2030-01-01T00:00:00.000+00:00"))
    read_build(later.folder, later.folder.name)
    return refused(lambda: verify_signature(later.folder, signature, public))


DEFECTS = (
    Defect(
        "two cases under each other's name",
        "cases.json: the first two of the prospective set, sealed anew",
        _renamed_cases,
        "store",
        f"Build {{key}} ({_ORIGINAL}) contradicts itself: its list of cases, classes or hold-out labels is not that of "
        f"the data; {_RESTORE}",
    ),
    Defect(
        "a manifest of another kind",
        "manifest.json: the best epoch a text, sealed anew",
        _odd_manifest,
        "store",
        f"Build {{path}} was altered: manifest.json has a 'best_epoch' of the wrong kind; {_RESTORE}",
    ),
    Defect(
        "a bit flipped on the way",
        "an archive: the last bit of the released parameters",
        _in_an_archive(_flip_a_parameter),
        "usage error",
        "The archive is not as longcon wrote it, the bytes of {key}/state-{number}.safetensors are not those of "
        "its index: copy it again, or export it again.",
    ),
    Defect(
        "a file that leads out of the store",
        "an archive: ../ in the name of a file",
        _in_an_archive(_lead_out),
        "usage error",
        "The archive is not as longcon wrote it, '..{path} stands in place of {key}/scores.safetensors: copy it again, "
        "or export it again.",
    ),
    Defect(
        "a tau of one's own",
        "the mark of a release: tau 0.5, sealed anew",
        lambda b: _marked(b, tau=0.5),
        "store",
        "Reference {path} does not hold: its tau is 0.5, but the hold-out gives {number} at epoch {number}; "
        "delete it, and release the build again.",
    ),
    Defect(
        "an epoch of one's own",
        "the mark of a release: epoch 3, whose state is not kept, sealed anew",
        lambda b: _marked(b, epoch=3),
        "store",
        "Reference {path} does not hold: epoch 3, which it releases, is not kept; delete it, and release the "
        "build again.",
    ),
    Defect(
        "a released build trained again",
        "another training under the key of the released one",
        _trained_again_after_its_release,
        "store",
        "Reference {path} does not hold: it marks another training of this build; delete it, and release the "
        "build again.",
    ),
    Defect(
        "a released build trained over",
        "--fresh on the released build",
        _fresh_over_a_release,
        "store",
        "Build {key} (k=2 float64 on cpu, replicate 1) is a released reference and is not trained again: leave "
        "out --fresh, or give another --store.",
    ),
    Defect(
        "another site's build as this machine's",
        "an imported build under the key that this machine would train",
        _imported_as_this_machines,
        "store",
        "Build {key} (k=2 float64 on cpu+order:1, replicate 1) was imported from site-b, and this machine "
        "computes as that one does, so it is not trained here: give another --store, or leave this device out.",
    ),
    Defect(
        "an imported build of another recipe",
        "an imported build: trained from seed 1",
        _of_another_recipe,
        "store",
        "No imported build belongs to this validation: k=2 float64 on cpu+order:1, replicate 1 ({key}) is of "
        "another seed (1, not 0): give the options or the protocol that it was trained with.",
    ),
    Defect(
        "nothing to compare with",
        "only a resumed training was imported",
        _resumed_alone,
        "store",
        "No imported build is one to compare with: export all builds of the other machine, and import them.",
    ),
    Defect(
        "a signature of another's",
        "a build: signed with another key",
        _signed_by_another,
        "usage error",
        "Build {key} was signed with another key than {path} give the public key of whoever signed it as "
        "--public-key, or have it signed with this one.",
    ),
    Defect(
        "an edit that nothing contradicts",
        "manifest.json of a signed build: another day, sealed anew",
        _altered_after_it_was_signed,
        "usage error",
        "Build {key} is not as it was signed, manifest.json has other bytes: restore it from a copy.",
    ),
)
