"""Figures as part of a page: identifiers of their own, and inks that follow the page's light or dark scheme."""

from __future__ import annotations

import re

from markupsafe import Markup

from longcon.figures.style import BLUE, GREEN, GREY, ORANGE, PURPLE, VERMILION

_INKS = {
    "#000000": "currentColor",
    BLUE: "var(--blue)",
    VERMILION: "var(--vermilion)",
    GREEN: "var(--green)",
    PURPLE: "var(--purple)",
    ORANGE: "var(--orange)",
    GREY: "var(--grey)",
}


def inline(svg: bytes, prefix: str) -> Markup:
    """Returns an SVG of our own as an element of a page.

    Args:
        svg: the file.
        prefix: of its identifiers, another for each figure of a page.
    """
    text = svg.decode()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->\s*", "", text, flags=re.DOTALL)
    text = re.sub(r'\bid="', f'id="{prefix}-', text)
    text = text.replace('href="#', f'href="#{prefix}-').replace("url(#", f"url(#{prefix}-")
    text = text.replace('aria-labelledby="title description"', f'aria-labelledby="{prefix}-title {prefix}-description"')
    # Paper is what the page is printed on; what has no ink of its own takes the page's.
    text = text.replace("fill: #ffffff", "fill: none")
    for ink, own in _INKS.items():
        text = text.replace(ink.lower(), own)
    return Markup(text)  # noqa: S704 - written by longcon.figures, which escapes its words
