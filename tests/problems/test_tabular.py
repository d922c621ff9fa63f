"""Problems given as tables: from files to measurements ready for the network."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from longcon.draws import Draws
from longcon.errors import CohortError
from longcon.problems import Table, TabularProblem, digest_of, parted, read_table, standardisation
from longcon.problems.tabular import Values

FEATURES = ("age", "beta", "constant")


def _write(path: Path, cases: int, names: Sequence[str] = FEATURES, name: str = "r", *, labels: bool = True) -> Path:
    """Writes a table whose measurements are known by case and by name, whatever their order."""
    columns = {each: Draws(len(name), each).normal(cases) * 10 for each in names}
    columns["constant"] = np.full(cases, 0.1)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["case", *names, *(["class"] if labels else [])])
        for i in range(cases):
            measured = [repr(float(columns[each][i])) for each in names]
            writer.writerow([f"{name}{i}", *measured, *([("well", "ill", "late")[i % 3]] if labels else [])])
    return path


class Mine(TabularProblem):
    """Two files of a folder."""

    target = "ill"

    def __init__(self, folder: Path, seed: int = 0) -> None:
        super().__init__(seed)
        self.folder = folder

    def cohorts(self) -> tuple[Table, Table]:
        reference = read_table(self.folder / "reference.csv", label="class")
        return reference, read_table(self.folder / "prospective.csv")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    _write(tmp_path / "reference.csv", 36)
    _write(tmp_path / "prospective.csv", 7, ("beta", "other", "constant", "age"), "prospect", labels=False)
    return tmp_path


def test_from_files_to_measurements(folder: Path) -> None:
    said: list[tuple[str, int, int]] = []
    data = Mine(folder).data(lambda *progress: said.append(progress))
    assert said == [("reading the tables", 0, 1), ("reading the tables", 1, 1)]
    assert (data.problem, data.classes, data.target) == ("Mine", ("ill", "late", "well"), "ill")
    assert (len(data.training), len(data.holdout), len(data.prospective)) == (27, 9, 7)
    assert sorted(data.training_cases + data.holdout_cases) == sorted(f"r{i}" for i in range(36))
    assert data.prospective_cases == tuple(f"prospect{i}" for i in range(7))
    assert np.bincount(data.holdout_labels).tolist() == [3, 3, 3]
    for cases, labels in ((data.training_cases, data.training_labels), (data.holdout_cases, data.holdout_labels)):
        assert [data.classes[label] for label in labels] == [
            ("well", "ill", "late")[int(case.removeprefix("r")) % 3] for case in cases
        ]
    reference, prospective = Mine(folder).cohorts()
    assert data.facts == {
        "reference_digest": reference.digest,
        "prospective_digest": prospective.digest,
        "features": 3,
        "seed": 0,
    }


def test_every_measurement_is_where_its_name_is(folder: Path) -> None:
    """The prospective table has the columns in another order, and one more."""
    data = Mine(folder).data(lambda *_: None)
    reference, prospective = Mine(folder).cohorts()
    rows = [reference.cases.index(case) for case in data.training_cases]
    for column, name in enumerate(FEATURES[:2]):
        trained = reference.values[rows, column]
        there = prospective.values[:, prospective.features.index(name)]
        expected = (there - trained.mean()) / trained.std()
        assert data.prospective[:, column] == pytest.approx(expected, abs=1e-12)
    for values in (data.training, data.holdout, data.prospective):
        assert not values[:, 2].any()


def test_what_is_held_out_says_nothing_of_how_it_is_seen(folder: Path) -> None:
    """A hold-out a thousand times as large leaves the training measurements as they were, to the bit."""
    before = Mine(folder).data(lambda *_: None)
    lines = (folder / "reference.csv").read_text().splitlines()
    for number, line in enumerate(lines):
        case, age, *rest = line.split(",")
        if case in before.holdout_cases:
            lines[number] = ",".join([case, repr(1000 * float(age)), *rest])
    (folder / "reference.csv").write_text("\n".join(lines))
    after = Mine(folder).data(lambda *_: None)
    assert after.training.tobytes() == before.training.tobytes()
    assert after.holdout.tobytes() != before.holdout.tobytes()


def test_a_seed_is_a_split(folder: Path) -> None:
    first, again, other = (Mine(folder, seed).data(lambda *_: None) for seed in (0, 0, 1))
    assert digest_of(first.serialised()) == digest_of(again.serialised())
    assert set(first.holdout_cases) != set(other.holdout_cases)


def test_a_name_of_its_own(folder: Path) -> None:
    class Named(Mine):
        name = "our classifier"

    assert Named(folder).data(lambda *_: None).problem == "our classifier"


def test_measurements_are_prepared_as_a_subclass_says(folder: Path) -> None:
    class Halved(Mine):
        def prepare(self, training: Values) -> Callable[[Values], Values]:
            assert training.shape == (27, 3)
            return lambda values: values / 2

    data = Halved(folder).data(lambda *_: None)
    assert np.array_equal(data.prospective[:, 2], np.full(7, 0.05))


def test_a_measurement_that_is_missing(folder: Path) -> None:
    _write(folder / "prospective.csv", 7, ("constant", "bta"), "prospect", labels=False)
    with pytest.raises(CohortError) as error:
        Mine(folder).data(lambda *_: None)
    assert str(error.value) == (
        "The prospective set lacks 2 of the reference cohort's 3 measurements, first 'age': give the same measurements."
    )


def test_a_reference_cohort_without_classes(folder: Path) -> None:
    class Unlabelled(Mine):
        def cohorts(self) -> tuple[Table, Table]:
            prospective = read_table(self.folder / "prospective.csv")
            return prospective, prospective

    with pytest.raises(CohortError) as error:
        Unlabelled(folder).data(lambda *_: None)
    assert str(error.value) == (
        "The reference cohort has no classes: name their column, as read_table(..., label=...)."
    )


MEASURED = hnp.arrays(
    np.float64,
    hnp.array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=9),
    elements=st.integers(-(2**20), 2**20).map(lambda number: number / 64),
)


@given(MEASURED, st.integers(-8, 8))
def test_standardised_measurements_have_mean_0_and_deviation_1(values: Values, exponent: int) -> None:
    values = values * 10.0**exponent
    seen = standardisation(values)(values)
    varies = (values != values[0]).any(axis=0)
    # What a mean far from 0 costs in digits.
    lost = np.abs(values).max(axis=0)[varies] / values.std(axis=0)[varies] * 1e-13
    assert (np.abs(seen[:, varies].mean(axis=0)) <= lost).all()
    assert (np.abs(seen[:, varies].std(axis=0) - 1) <= lost).all()
    assert not seen[:, ~varies].any()


@given(MEASURED, st.randoms(use_true_random=False))
def test_a_measurement_is_standardised_by_itself_alone(values: Values, random: Any) -> None:
    """To the bit: no sum is taken over a block whose size a processor chooses, and memory may lie either way."""
    columns = list(range(values.shape[1]))
    random.shuffle(columns)
    seen = standardisation(values)(values)
    assert standardisation(values[:, columns])(values[:, columns]).tobytes() == seen[:, columns].tobytes()
    across = np.asfortranarray(values)
    assert standardisation(across)(across).tobytes() == seen.tobytes()


@given(st.floats(-1e6, 1e6, allow_subnormal=False), st.integers(2, 60), st.floats(-1e6, 1e6))
def test_what_does_not_vary_in_training_is_0_everywhere(value: float, cases: int, elsewhere: float) -> None:
    """Though the mean of equal numbers, as it is computed, need not be that number."""
    assume(elsewhere != value)
    prepared = standardisation(np.full((cases, 1), value))
    assert not prepared(np.array([[value], [elsewhere]])).any()


def test_a_table_in_two_parts(folder: Path) -> None:
    table = read_table(folder / "reference.csv", label="class")
    assert table.labels is not None
    first, second = parted(table, share=0.5, seed=3)
    assert sorted(first.cases + second.cases) == sorted(table.cases)
    for part in (first, second):
        assert part.labels is not None
        assert [part.labels.count(name) for name in ("ill", "late", "well")] == [6, 6, 6]
        rows = [table.cases.index(case) for case in part.cases]
        assert np.array_equal(part.values, table.values[rows])
        assert part.labels == tuple(table.labels[row] for row in rows)
        assert (part.features, part.digest) == (table.features, table.digest)
    assert parted(table, share=0.5, seed=4)[0].cases != first.cases


def test_a_table_without_classes_is_not_parted(folder: Path) -> None:
    with pytest.raises(CohortError) as error:
        parted(read_table(folder / "prospective.csv"), share=0.5)
    assert str(error.value) == "A table without classes cannot be parted class by class: name their column by label=."
