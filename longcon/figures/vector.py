"""Vector graphics: a figure as SVG and as PDF, in the same bytes each time, with words for those who cannot see it."""

from __future__ import annotations

import io
from xml.sax.saxutils import escape

from matplotlib.figure import Figure

from longcon.figures.style import style


def vector_files(figure: Figure, title: str, description: str) -> dict[str, bytes]:
    """Returns the figure's files by their suffix, ``".svg"`` and ``".pdf"``.

    Args:
        figure: to be written.
        title: of the document; the figure itself shows none.
        description: what is to be seen, in words.
    """
    about = {"Title": title, "Creator": "longcon", "Subject": description, "CreationDate": None, "Producer": None}
    with style():
        pdf = _written(figure, "pdf", about)
        return {".svg": svg_file(figure, title, description), ".pdf": pdf}


def svg_file(figure: Figure, title: str, description: str) -> bytes:
    """Returns the figure as SVG, written in the style that is set; see `vector_files`."""
    # No date: the same builds make the same bytes.
    about = {"Title": title, "Creator": "longcon", "Description": description, "Date": None}
    return _described(_written(figure, "svg", about), title, description)


def _written(figure: Figure, form: str, metadata: dict[str, str | None]) -> bytes:
    content = io.BytesIO()
    figure.savefig(content, format=form, metadata=metadata)
    return content.getvalue()


def _described(svg: bytes, title: str, description: str) -> bytes:
    """Returns the SVG as one image with a name and a description, which is what a screen reader asks for."""
    old = f"<title>{escape(title)}</title>"
    new = f'<title id="title">{escape(title)}</title>\n <desc id="description">{escape(description)}</desc>'
    text = svg.decode()
    assert text.count(old) == 1
    text = text.replace(old, new)
    return text.replace("<svg ", '<svg role="img" aria-labelledby="title description" ', 1).encode()
