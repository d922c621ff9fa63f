"""Lines stay apart in grey: what is drawn on one another differs in lightness, not in hue alone."""

from __future__ import annotations

import itertools

from matplotlib.colors import to_rgb

from longcon.figures.style import BLACK, BLUE, LIGHT_GREY, ORANGE


def _lightness(colour: str) -> float:
    """CIE L* of a colour, 0 to 100."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    luminance = sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    return 116 * luminance ** (1 / 3) - 16 if luminance > 0.008856 else 903.3 * luminance


def test_inks_in_grey() -> None:
    inks = [_lightness(colour) for colour in (BLACK, BLUE, ORANGE)]
    assert all(b - a > 20 for a, b in itertools.pairwise(inks))
    # Figure 1's curve before the others.
    assert _lightness(LIGHT_GREY) - _lightness(BLUE) > 30
