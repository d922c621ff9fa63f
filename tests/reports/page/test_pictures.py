"""Figures on a page: identifiers of their own, inks of the page, and no word of the drawing library."""

from __future__ import annotations

from reports.page.pictures import inline

SVG = b"""<?xml version="1.0"?>
<svg role="img" aria-labelledby="title description"><metadata><a href="https://example.org"/></metadata>
<title id="title">T</title><!-- x --><desc id="description">D</desc>
<g id="g1" clip-path="url(#c)" style="fill: #ffffff; stroke: #0072b2">\
<use xlink:href="#m" style="stroke: #000000"/></g></svg>"""


def test_it_becomes_part_of_the_page() -> None:
    assert inline(SVG, "f0") == (
        '<svg role="img" aria-labelledby="f0-title f0-description">\n'
        '<title id="f0-title">T</title><desc id="f0-description">D</desc>\n'
        '<g id="f0-g1" clip-path="url(#f0-c)" style="fill: none; stroke: var(--blue)">'
        '<use xlink:href="#f0-m" style="stroke: currentColor"/></g></svg>'
    )
