"""Archives altered at random: refused with the store as it was, or the very builds that were sent."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from longcon.builds import Store
from longcon.builds.adoption import adopt, staging
from longcon.builds.archive_reader import unpack
from longcon.errors import ArchiveError
from tests.builds.forged_archives import Members, forged, members_of
from tests.builds.small_builds import small_store, tree

Alteration = Callable[[bytes], bytes]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of two builds, the first of them signed; only read."""
    root = tmp_path_factory.mktemp("fuzz") / "source"
    small_store(root, 1, 2, signed=True)
    return root


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A store that holds another build."""
    root = tmp_path_factory.mktemp("fuzz") / "store"
    small_store(root, 3)
    return Store(root, "r")


@pytest.fixture(scope="module")
def members(source: Path) -> Members:
    return members_of(source, *(path.name for path in (source / "builds").iterdir()))


def _flip(at: float, bit: int) -> Alteration:
    def alter(content: bytes) -> bytes:
        altered = bytearray(content)
        altered[int(at * len(content))] ^= 1 << bit
        return bytes(altered)

    return alter


def _cut(start: float, length: int) -> Alteration:
    return lambda content: content[: int(start * len(content))] + content[int(start * len(content)) + length :]


def _insert(at: float, inserted: bytes) -> Alteration:
    return lambda content: content[: int(at * len(content))] + inserted + content[int(at * len(content)) :]


def _overwrite(at: float, written: bytes) -> Alteration:
    def alter(content: bytes) -> bytes:
        start = int(at * len(content))
        return (content[:start] + written + content[start + len(written) :])[: len(content)]

    return alter


def _swap_blocks(one: float, other: float) -> Alteration:
    def alter(content: bytes) -> bytes:
        blocks = [content[at : at + 512] for at in range(0, len(content), 512)]
        first, second = int(one * len(blocks)), int(other * len(blocks))
        blocks[first], blocks[second] = blocks[second], blocks[first]
        return b"".join(blocks)

    return alter


# More than two builds have files.
_ENOUGH = 20
PLACES = st.floats(0, 1, exclude_max=True)
PIECES = st.binary(min_size=1, max_size=600) | st.sampled_from([b"\0", bytes(512), bytes(1024), b"../", b"0", b"\n"])
ALTERATIONS = st.one_of(
    st.builds(_flip, PLACES, st.integers(0, 7)),
    st.builds(_cut, PLACES, st.sampled_from([1, 511, 512, 513, 1024, 1 << 20])),
    st.builds(_insert, PLACES, PIECES),
    st.builds(_overwrite, PLACES, PIECES),
    st.builds(_swap_blocks, PLACES, PLACES),
)


def _refused_or_the_same(content: bytes, whole: bytes, store: Store) -> None:
    former = tree(store.root)
    try:
        with staging(store) as place:
            adopt(store, unpack(io.BytesIO(content), len(content), place))
    except ArchiveError as error:
        assert str(error).isprintable()  # noqa: PT017
        assert tree(store.root) == former
        return
    # No byte of an archive could have been another.
    assert content == whole


@settings(max_examples=400)
@given(alterations=st.lists(ALTERATIONS, min_size=1, max_size=3))
def test_an_altered_archive(alterations: list[Alteration], members: Members, store: Store) -> None:
    content = whole = forged(members)
    for alter in alterations:
        content = alter(content) or b"\0"
    if content != whole:
        _refused_or_the_same(content, whole, store)


@given(
    order=st.permutations(range(_ENOUGH)),
    kept=st.integers(1, _ENOUGH),
    altered=st.none() | st.tuples(st.integers(0, _ENOUGH), st.binary(max_size=600)),
)
@example(order=list(range(_ENOUGH)), kept=_ENOUGH, altered=None)
@example(order=list(range(_ENOUGH)), kept=6, altered=None)
def test_members_in_another_order_or_other_number_with_an_index_to_match(
    order: list[int], kept: int, altered: tuple[int, bytes] | None, members: Members, store: Store
) -> None:
    """Whole builds are an archive of their own; what is no whole build is none."""
    listed = [members[number] for number in order if number < len(members)][:kept]
    if altered is not None:
        at = altered[0] % len(listed)
        listed[at] = (listed[at][0], altered[1])
    keys = {path[:32] for path, _ in listed}
    is_whole = listed == [member for member in members if member[0][:32] in keys]
    former = tree(store.root)
    content = forged(listed)
    try:
        with staging(store) as place:
            found = unpack(io.BytesIO(content), len(content), place)
            assert {one.key for one in found} == keys
    except ArchiveError:
        assert not is_whole
    else:
        assert is_whole
    assert tree(store.root) == former


@given(content=st.binary(max_size=3000))
def test_random_bytes(content: bytes, store: Store) -> None:
    former = tree(store.root)
    with pytest.raises(ArchiveError), staging(store) as place:
        unpack(io.BytesIO(content), len(content), place)
    assert tree(store.root) == former
