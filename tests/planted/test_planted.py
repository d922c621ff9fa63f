"""Every planted defect is caught, by what must catch it and in its very words; nothing is said of what is right."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from longcon.requirements import CATALOGUE
from tests.planted.bench import Bench
from tests.planted.defect import OTHER_CATCHERS, Defect
from tests.planted.ratio import PLANTED
from tests.planted.table import DEFECTS

pytestmark = pytest.mark.slow
ROWS = [(kind, defect) for kind, defects in DEFECTS.items() for defect in defects]


@pytest.mark.parametrize(("kind", "defect"), ROWS, ids=[defect.name for _, defect in ROWS])
def test_a_planted_defect_is_caught(
    kind: str, defect: Defect, bench: Bench, record_property: Callable[[str, object], None]
) -> None:
    record_property(PLANTED, kind)
    found = defect.plant(bench)
    assert found.by == defect.caught_by, found.told
    assert defect.told_in(found.told), "\n".join(["none of these is the message:", *found.told, defect.message])


def test_there_are_enough_and_none_twice() -> None:
    names = [defect.name for _, defect in ROWS]
    assert len(names) >= 45
    assert len(set(names)) == len(names)


def test_every_requirement_catches_something() -> None:
    catchers = {defect.caught_by for _, defect in ROWS}
    assert {entry.id for entry in CATALOGUE} - catchers == set()
    assert catchers - {entry.id for entry in CATALOGUE} <= set(OTHER_CATCHERS)
