"""The audit's figures: what is drawn where, told by more than a colour."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from longcon.figures import (
    ClassAgreement,
    Course,
    PrecisionRecall,
    ScorePair,
    SineTable,
    draw_class_agreement,
    draw_course,
    draw_cutoff,
    draw_score_pairs,
    draw_sine_table,
    page_style,
    power_of_ten,
    svg_file,
)


def _texts(figure: Figure) -> list[str]:
    figure.draw_without_rendering()
    return [text.get_text() for axes in figure.axes for text in (*axes.texts, axes.title, axes.get_xaxis().label)]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (7.77e-15, "7.8 × 10⁻¹⁵"), (9.99e-9, "1.0 × 10⁻⁸"), (0.25, "2.5 × 10⁻¹"), (1.0, "1.0 × 10⁰")],
)
def test_a_power_of_ten_as_it_is_set_in_print(value: float, text: str) -> None:
    assert power_of_ten(value) == text


def test_every_pair_has_its_sine_and_those_above_the_limit_a_mark() -> None:
    sines = np.array([[0, 1e-16, 0.3], [1e-16, 0, 0], [0.3, 0, 0]])
    figure = draw_sine_table(SineTable(2, 7, ["cpu", "a", "b"], sines, 1e-8))
    cells = figure.axes[0].texts
    assert [text.get_text() for text in cells] == ["1.0 × 10⁻¹⁶", "3.0 × 10⁻¹ !", "0"]
    assert [text.get_fontweight() for text in cells] == ["normal", "bold", "normal"]


def test_the_course_marks_release_and_limit_and_says_where_nothing_parts() -> None:
    figure = draw_course(Course(1, 2, 3, 1e-8, {"a": np.full(9, 1e-12), "b": np.zeros(9)}))
    assert "released epoch 3" in _texts(figure)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["a", "b (0 throughout)"]
    lines = figure.axes[0].lines[:2]
    assert lines[0].get_linestyle() != lines[1].get_linestyle()


@pytest.mark.parametrize("tau", [0.5, None])
def test_the_cutoff_is_marked_where_there_is_one(tau: float | None) -> None:
    curve = PrecisionRecall(2, 7, np.array([0.9, 0.5, 0.1]), np.array([1, 1, 0.5]), np.array([0.25, 0.5, 1]), tau, 4)
    assert [text for text in _texts(draw_cutoff(curve)) if text.startswith("tau")] == (
        ["tau 0.5000\n2 of 4 cases"] if tau else []
    )


def test_what_became_of_each_case_has_a_shape_of_its_own() -> None:
    pair = ScorePair(
        "a", np.array([0.9, 0.9, 0.9, 0.1]), np.array([0.9, 0.8, 0.2, 0.1]), np.array([True, False, True, True]), 0.5
    )
    assert pair.fates().tolist() == ["same call", "discordant", "conclusive in one only", "inconclusive"]
    figure = draw_score_pairs([pair])
    assert len({line.get_marker() for line in figure.axes[0].lines[:4]}) == 4


@pytest.mark.parametrize("rebuilds", [1, 2, 3, 4, 7])
@pytest.mark.filterwarnings("error")
def test_however_many_rebuilds_each_has_its_room(rebuilds: int) -> None:
    scores, same = np.linspace(0, 1, 50), np.ones(50, dtype=np.bool_)
    figure = draw_score_pairs([ScorePair(f"device {n}", scores, scores, same, 0.5) for n in range(rebuilds)])
    figure.draw_without_rendering()
    sides = {round(side, 2) for axes in figure.axes[:rebuilds] for side in axes.get_window_extent().size}
    assert max(sides) - min(sides) < 1
    assert min(sides) > 100


def test_a_class_without_a_call_says_so() -> None:
    figure = draw_class_agreement([ClassAgreement("x", 3, 4, 0.2, 0.99), ClassAgreement("y", 0, 0, 0, 1)])
    assert [text.get_text() for text in figure.axes[0].texts] == ["3 of 4", "no call"]


def test_the_same_numbers_make_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "matplotlibrc").write_text("font.size: 30")

    def drawn() -> bytes:
        figure = draw_class_agreement([ClassAgreement("x", 3, 4, 0.2, 0.99)])
        with page_style():
            return svg_file(figure, "a & b", "c < d")

    assert drawn() == drawn()
    assert b'<title id="title">a &amp; b</title>' in drawn()
