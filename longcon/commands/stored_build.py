"""A build of a store, with what else the store knows of it; nothing is made there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from longcon.builds import Build
from longcon.builds.build import altered, read_build
from longcon.builds.health import verified_build
from longcon.builds.provenance import provenance_of
from longcon.builds.reference import Reference, read_reference, references
from longcon.commands.parser import Parser
from longcon.commands.stores import StorePlace
from longcon.errors import RecipeError
from longcon.training import Recipe

_KINDS = {
    "data": str,
    "device": str,
    "numeric_class": str,
    "code": str,
    "software": dict,
    "problem": dict,
    "replicate": int,
    "keep_best": bool,
    "detail": bool,
}


@dataclass(frozen=True)
class StoredBuild:
    """A build and its marks.

    Attributes:
        build: named with the site that it was imported from, if it was.
        reference: the mark of its release; None where it is not marked.
        signed: whether a signature of it is there, which is not verified here.
    """

    build: Build
    reference: Reference | None
    signed: bool

    @property
    def key(self) -> str:
        """Its key in the store."""
        return self.build.folder.name


def stored_build(store: Path, key: str, *, whole: bool) -> StoredBuild:
    """Returns a build of a store.

    Args:
        store: folder of builds.
        key: of the build.
        whole: every file of it is verified now, and not only the manifest; others are verified when they are read.

    Raises:
        StoreError: the build, its mark or the record of where it comes from was altered.
    """
    place = store / "builds" / key
    build = verified_build(place, key) if whole else read_build(place, key)
    _require_request(build)
    provenance = provenance_of(store, key)
    build = replace(build, origin=provenance.site if provenance else "")
    reference = read_reference(store, build) if key in references(store) else None
    return StoredBuild(build, reference, (store / "signatures" / f"{key}.json").is_file())


def _require_request(build: Build) -> None:
    request = build.request
    with as_written(build):
        Recipe.of_json(request["recipe"])
        for name, kind in _KINDS.items():
            if not isinstance(request[name], kind):
                raise TypeError(name)
        if not build.epochs:
            raise ValueError("no epochs")


@contextmanager
def as_written(build: Build) -> Iterator[None]:
    """Takes whatever a manifest lacks for an alteration: whoever can write one can seal it too.

    Raises:
        StoreError: something that longcon writes into every manifest is not there, or of another kind.
    """
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, RecipeError) as error:
        raise altered(build.folder, f"manifest.json is none that longcon writes ({type(error).__name__})") from error


def add_store(parser: Parser) -> None:
    """Adds the option that names the store."""
    parser.add_argument(
        "--store",
        action=StorePlace,
        default=Path(".longcon").absolute(),
        metavar="PLACE",
        help="folder of builds, or a URL such as s3://bucket/prefix (default: .longcon)",
    )
