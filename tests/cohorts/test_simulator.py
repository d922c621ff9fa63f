from __future__ import annotations

import gzip
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, confusion_matrix
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from longcon.cohorts import (
    Cohort,
    gbm_family,
    geo_sources,
    impute,
    m_values,
    select_features,
    simulate,
    training_medians,
)
from longcon.errors import CohortError
from tests.cohorts.reference_classifiers import reference_classifiers, within_span

FAMILY = gbm_family()
PROBES = 6000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("simulated")
    simulate(path, seed=0, probes=PROBES)
    return path


@pytest.fixture(scope="module")
def cohorts(folder: Path) -> tuple[Cohort, Cohort]:
    reference, prospective = geo_sources(folder)
    return reference.read(FAMILY.classes), prospective.read(FAMILY.classes)


def test_classes_and_materials_are_as_counted(cohorts: tuple[Cohort, Cohort]) -> None:
    reference, prospective = cohorts
    assert Counter(reference.classes) == dict(zip(FAMILY.classes, FAMILY.reference_counts, strict=True))
    assert Counter(prospective.classes) == dict(zip(FAMILY.classes, FAMILY.prospective_counts, strict=True))
    pairs = zip(reference.classes, reference.materials, strict=True)
    ffpe = Counter(name for name, material in pairs if material == "FFPE")
    assert ffpe == dict(zip(FAMILY.classes, FAMILY.reference_ffpe_counts, strict=True))
    assert Counter(prospective.materials)["FFPE"] > 0.9 * len(prospective.cases)
    assert reference.probes == prospective.probes


def test_other_classes_stand_between(folder: Path) -> None:
    source = geo_sources(folder)[0]
    others = source.read(["PIN T, PB A"])
    assert len(others.cases) == 12
    with gzip.open(source.series_matrix, "rt", encoding="utf-8") as text:
        assert '"PIN T,  PB A, sample ' in text.read()
    wanted = source.read(FAMILY.classes)
    assert max(wanted.cases) > min(others.cases) > min(wanted.cases)


def test_missing_values_are_as_rare_as_on_geo(cohorts: tuple[Cohort, Cohort]) -> None:
    for cohort in cohorts:
        share = np.isnan(cohort.betas).mean(axis=0)
        fixed = np.array(cohort.materials) == "FFPE"
        assert 0.003 < share.min() < 0.008
        assert share[~fixed].max() < 0.04
        assert 0.1 < share[fixed].max() < 0.32
        assert np.median(share) < 0.03


def test_missing_cells_are_undetected_empty_or_na(folder: Path) -> None:
    source = geo_sources(folder)[0]
    with gzip.open(source.table, "rb") as file:
        cells = file.read(4_000_000).split(b"\n", 1)[1].replace(b"\n", b"\t").split(b"\t")
    shares = Counter(cells)
    assert shares[b""] > 100
    assert shares[b"NA"] > 100
    strict, loose = (source.read(FAMILY.classes, detection_limit=limit) for limit in (0.01, 1.0))
    assert 1.7 < np.isnan(strict.betas).sum() / np.isnan(loose.betas).sum() < 2.3


def test_fixation_shifts_beta_alike_in_every_class(cohorts: tuple[Cohort, Cohort]) -> None:
    reference = cohorts[0]
    shifts = np.array([shift_of(reference, name) for name in ("GBM, MES", "GBM, RTK I", "GBM, RTK II")])
    pooled = shifts.mean(axis=0)
    assert abs(np.median(pooled) - 0.011) < 0.004
    large = pooled > 0.05
    assert 0.03 < large.mean() < 0.12
    assert (shifts[:, large] > 0).mean() > 0.9


def shift_of(cohort: Cohort, name: str) -> NDArray[np.float64]:
    members = np.array(cohort.classes) == name
    fixed = np.array(cohort.materials) == "FFPE"
    means = [np.nanmean(cohort.betas[:, members & side], axis=1) for side in (fixed, ~fixed)]
    return np.asarray(means[0] - means[1], dtype=np.float64)


@pytest.fixture(scope="module")
def predictions(cohorts: tuple[Cohort, Cohort]) -> dict[str, NDArray[np.str_]]:
    reference = cohorts[0]
    filled = impute(reference.betas, training_medians(reference.betas))
    features = m_values(filled[select_features(reference.betas, reference.probes, 5000)]).values.T
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    labels = np.array(reference.classes)
    # Threads of a matrix product on problems this small wait for each other most of the time.
    with threadpool_limits(1):
        return {
            name: cross_val_predict(
                model, features if name == "shrinkage_lda" else within_span(features), labels, cv=folds
            )
            for name, model in reference_classifiers().items()
        }


@pytest.mark.parametrize("name", FAMILY.difficulty)
def test_the_classes_are_as_hard_to_tell_apart_as_the_real_ones(
    cohorts: tuple[Cohort, Cohort], predictions: dict[str, NDArray[np.str_]], name: str
) -> None:
    low, high = FAMILY.difficulty[name]
    assert low <= accuracy_score(cohorts[0].classes, predictions[name]) <= high


def test_mes_and_rtk_i_are_confused_with_rtk_ii(
    cohorts: tuple[Cohort, Cohort], predictions: dict[str, NDArray[np.str_]]
) -> None:
    for name, predicted in predictions.items():
        matrix = confusion_matrix(cohorts[0].classes, predicted, labels=FAMILY.classes)
        at = {label: index for index, label in enumerate(FAMILY.classes)}
        wrong = matrix.sum() - np.trace(matrix)
        expected = 0
        for label in ("GBM, MES", "GBM, RTK I"):
            pair = at[label], at["GBM, RTK II"]
            expected += matrix[pair] + matrix[pair[::-1]]
        assert expected > 0.6 * wrong, name


def test_a_prefix_of_the_probes_does_not_depend_on_their_number(tmp_path: Path) -> None:
    texts = []
    for probes in (10, 300):
        simulate(tmp_path, seed=4, probes=probes)
        texts.append(gzip.decompress((tmp_path / "GSE90496_beta.txt.gz").read_bytes()))
    assert texts[1].startswith(texts[0])
    assert texts[1].count(b"\n") == 301


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        simulate(tmp_path / name, seed=seed, probes=20)
    contents = [{path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in "abc"]
    assert contents[0] == contents[1]
    assert all(contents[0][name] != contents[2][name] for name in contents[0])
    assert len(contents[0]) == 4


def test_progress_ends_at_the_whole(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    simulate(tmp_path, seed=0, probes=300, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(256, 600), (300, 600), (556, 600), (600, 600)]


@pytest.mark.parametrize(
    ("seed", "probes", "message"),
    [
        (0, 0, "0 probes cannot be simulated; ask for 1 to 2000000."),
        (0, 2_000_001, "2000001 probes cannot be simulated; ask for 1 to 2000000."),
        (-1, 5, "seed -1 is negative; give a whole number from 0 on."),
    ],
)
def test_a_mistake_is_said_in_one_sentence(tmp_path: Path, seed: int, probes: int, message: str) -> None:
    with pytest.raises(CohortError) as caught:
        simulate(tmp_path, seed=seed, probes=probes)
    assert str(caught.value) == message


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CohortError) as caught:
        simulate(tmp_path / "file", seed=0, probes=1)
    assert str(caught.value) == (
        f"{tmp_path / 'file'}: the simulated cohorts cannot be written (file exists); choose another."
    )
