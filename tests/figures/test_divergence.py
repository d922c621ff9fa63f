"""Figure 2 shows the sines and residuals that it was given."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from longcon.figures import draw_divergence, rolling_minimum
from longcon.figures.style import BLUE, GREY, ORANGE
from tests.figures.standins import pair


def _line(axes: Axes, colour: str) -> Line2D:
    (line,) = (line for line in axes.lines if line.get_color() == colour)
    return line


def _marks(axes: Axes, marker: str) -> Line2D:
    (line,) = (line for line in axes.lines if line.get_marker() == marker)
    return line


def test_sines_are_drawn_over_epochs_and_zeros_are_left_out() -> None:
    panel = draw_divergence([pair()]).axes[0]
    epochs, sines = _line(panel, BLUE).get_data()
    np.testing.assert_array_equal(epochs, np.arange(21) / 5)
    np.testing.assert_array_equal(sines, [np.nan, *pair().sines[1:]])
    assert np.asarray(_marks(panel, "o").get_xydata()).tolist() == [[1, 1.0e-11], [2, 1.1e-6], [4, 0.5]]
    assert panel.get_yscale() == "log"
    assert panel.get_ylim() == (1e-15, 1.0)


def test_the_residual_is_that_of_the_state_before_each_update() -> None:
    panel = draw_divergence([pair()]).axes[0]
    epochs, residuals = _line(panel, ORANGE).get_data()
    np.testing.assert_array_equal(epochs, np.arange(20) / 5)
    np.testing.assert_array_equal(residuals, rolling_minimum(pair().residuals, 23))


@pytest.mark.parametrize(("dtype", "threshold"), [("float64", 1e-4), ("float32", 1e-1)])
def test_the_papers_threshold(dtype: str, threshold: float) -> None:
    panel = draw_divergence([pair(dtype=dtype)]).axes[0]
    assert set(np.asarray(_line(panel, GREY).get_ydata()).tolist()) == {threshold}


def test_the_released_epoch_is_marked() -> None:
    assert list(np.asarray(_marks(draw_divergence([pair()]).axes[0], "^").get_xdata())) == [2]


def test_four_recipes_have_four_panels_on_one_scale() -> None:
    figure = draw_divergence([pair(1), pair(2), pair(1, "float32"), pair(8, "float32")])
    titles = ["(a)  $k$ = 1, 64 bits", "(b)  $k$ = 2, 64 bits", "(c)  $k$ = 1, 32 bits", "(d)  $k$ = 8, 32 bits"]
    assert [panel.get_title(loc="left") for panel in figure.axes] == titles
    assert len({panel.get_ylim() for panel in figure.axes}) == 1


def test_a_residual_that_was_not_asked_for_is_named_and_not_drawn() -> None:
    figure = draw_divergence([pair(residuals=False)])
    (panel,) = [axes for axes in figure.axes if axes.get_title(loc="left")]
    assert [line for line in panel.lines if line.get_color() == ORANGE] == []
    assert [text.get_text() for text in panel.texts] == ["residual not asked for"]
    (legend,) = figure.legends
    assert not [text for text in legend.get_texts() if "residual" in text.get_text()]


def test_builds_that_never_differ_say_so() -> None:
    same = replace(pair(), sines=np.zeros(21), exact={0: 0.0, 4: 0.0})
    panel = draw_divergence([same]).axes[0]
    assert [text.get_text() for text in panel.texts] == ["sine 0 at every update"]


def test_a_sine_far_below_round_off_does_not_stretch_the_scale() -> None:
    sines = pair().sines.copy()
    sines[1] = 1e-120
    assert draw_divergence([replace(pair(), sines=sines)]).axes[0].get_ylim()[0] == 1e-20
