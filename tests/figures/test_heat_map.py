"""The grid of a search as a picture: every cell says its error and epoch, and frames say what was chosen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle

from longcon.figures import HeatMap, draw_heat_map, heat_map_caption

FOUND = HeatMap(
    rates=(0.0025, 0.1),
    decays=(0.0025, 0.1),
    errors=np.array([[3 / 87, 4 / 87], [0.5, np.nan]]),
    epochs=np.array([[51, 7], [16, 0]]),
    stopped=np.array([[False, False], [True, False]]),
    chosen=(0, 1),
    candidates=[(0, 0), (0, 1)],
)


def _texts(found: HeatMap) -> set[tuple[float, float, str]]:
    (axes,) = draw_heat_map(found).axes
    return {(round(text.get_position()[0]), round(text.get_position()[1]), text.get_text()) for text in axes.texts}


def test_each_cell_says_its_error_and_its_epoch() -> None:
    assert _texts(FOUND) == {
        (0, 0, "3.4"),
        (0, 0, "51"),
        (1, 0, "4.6"),
        (1, 0, "7"),
        (0, 1, "50.0"),
        (0, 1, "(16)"),
        (1, 1, "–"),
    }


def test_frames_tell_the_choice_and_its_rivals() -> None:
    (axes,) = draw_heat_map(FOUND).axes
    frames = {
        (round(patch.get_center()[0]), round(patch.get_center()[1])): patch.get_linewidth()
        for patch in axes.patches
        if isinstance(patch, Rectangle) and not patch.get_fill()
    }
    assert frames == {(0, 0): 0.7, (1, 0): 2.2}
    (axes,) = draw_heat_map(replace(FOUND, candidates=())).axes
    assert len([patch for patch in axes.patches if isinstance(patch, Rectangle) and not patch.get_fill()]) == 1


def test_the_least_error_is_the_lightest_and_letters_stand_out() -> None:
    (axes,) = draw_heat_map(FOUND).axes
    cells = [patch for patch in axes.patches if patch.get_fill()]
    lightness = [float(np.dot(to_rgb(patch.get_facecolor()[:3]), (0.2126, 0.7152, 0.0722))) for patch in cells]
    assert lightness == sorted(lightness, reverse=True)
    inks = {text.get_text(): text.get_color() for text in axes.texts}
    assert (inks["3.4"], inks["50.0"]) == ("#111111", "#fefefe")


def test_a_grid_of_one_error_is_drawn() -> None:
    assert (0, 0, "50.0") in _texts(replace(FOUND, errors=np.full((2, 2), 0.5)))


def test_the_caption_says_what_is_seen() -> None:
    assert heat_map_caption(FOUND, 87, 2) == (
        "Least error at full recall on 87 hold-out cases, in per cent, and below it the epoch that reached it, for "
        "k = 2. Thick frame: the chosen point, learning rate 0.0025 and weight 0.1, 4.6% at epoch 7. Thin frames: the "
        "2 points within one standard error of the least, which were rebuilt on other devices. Bracketed epochs: "
        "points that were not trained to the end. A dash: training failed."
    )
    plain = replace(FOUND, errors=np.full((2, 2), 0.5), stopped=np.zeros((2, 2), bool), candidates=())
    assert heat_map_caption(plain, 87, 2).endswith("50.0% at epoch 7.")
