"""A drawing: a figure with its numbers and with words for those who cannot see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure

from longcon.figures import page_style, svg_file, table_of

Row = Sequence[object]


@dataclass(frozen=True)
class Drawing:
    """A figure of the audit.

    Attributes:
        name: of its files, without suffix.
        k: cases in a minibatch of the builds that it shows.
        title: what it shows, in a few words.
        caption: how it is to be read, with the chief numbers.
        svg: the figure.
        header: of its numbers.
        rows: its numbers, all of them.
        few: whether the numbers are few enough to be shown on the page too.
    """

    name: str
    k: int
    title: str
    caption: str
    svg: bytes
    header: Sequence[str]
    rows: Sequence[Row]
    few: bool

    def files(self) -> dict[str, bytes]:
        """Returns the files by their names in the audit."""
        return {f"figures/{self.name}.svg": self.svg, f"figures/{self.name}.csv": table_of(self.header, self.rows)}

    def as_json(self) -> dict[str, Any]:
        """Returns what evidence.json says of it."""
        return {
            "name": self.name,
            "k": self.k,
            "title": self.title,
            "caption": self.caption,
            "svg": f"figures/{self.name}.svg",
            "csv": f"figures/{self.name}.csv",
            "header": list(self.header) if self.few else [],
            "rows": [list(row) for row in self.rows] if self.few else [],
        }


@dataclass(frozen=True)
class Undrawn:
    """A figure that could not be drawn.

    Attributes:
        k: cases in a minibatch of the builds that it would have shown.
        title: what it would have shown.
        why: in one sentence.
    """

    k: int
    title: str
    why: str


def drawing(
    name: str,
    k: int,
    title: str,
    caption: str,
    figure: Figure,
    header: Sequence[str],
    rows: Sequence[Row],
    *,
    few: bool,
) -> Drawing:
    """Returns a figure as a drawing."""
    with page_style():
        svg = svg_file(figure, f"{title}, k = {k}", caption)
    return Drawing(name, k, title, caption, svg, header, rows, few)
