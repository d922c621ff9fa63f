"""The files: the same bytes each time, readable everywhere, with words for those who cannot see them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import matplotlib
import pytest

from longcon.figures import draw_divergence, draw_precision_recall, vector_files
from tests.figures.standins import curve, pair

SVG = "{http://www.w3.org/2000/svg}"
ROOT = Path(__file__).parents[2]
SCRIPT = """
import hashlib
from longcon.figures import draw_divergence, vector_files
from tests.figures.standins import pair
for content in vector_files(draw_divergence([pair()]), "Title", "Words").values():
    print(hashlib.sha256(content).hexdigest())
"""


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return vector_files(draw_precision_recall([curve()]), "Figure 1", "k < 2 & 'tau'")


def test_two_processes_write_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "matplotlibrc").write_text("font.size: 30\naxes.grid: True\nsvg.fonttype: none\n")
    printed = [
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            cwd=ROOT,
            env={**environment, "PATH": "/usr/bin", "HOME": str(Path.home())},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout
        for environment in ({"PYTHONHASHSEED": "1"}, {"PYTHONHASHSEED": "2", "MATPLOTLIBRC": str(tmp_path)})
    ]
    assert printed[0] == printed[1]
    assert len(printed[0].split()) == 2


def test_the_svg_says_what_it_shows(files: dict[str, bytes]) -> None:
    root = ElementTree.fromstring(files[".svg"])  # noqa: S314 - written a line above
    words = {element.get("id"): element.text for tag in ("title", "desc") for element in root.iter(SVG + tag)}
    assert words == {"title": "Figure 1", "description": "k < 2 & 'tau'"}
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "title description"


def test_the_svg_needs_no_font_and_names_no_date(files: dict[str, bytes]) -> None:
    text = files[".svg"].decode()
    assert "<text" not in text
    assert "font-family" not in text
    assert "date" not in text
    assert 'width="252pt"' in text  # 3.5 inches, a column


def test_the_pdf_embeds_its_fonts_and_names_no_date(files: dict[str, bytes]) -> None:
    content = files[".pdf"]
    assert content.startswith(b"%PDF-")
    assert b"/FontFile2" in content
    assert b"/Type3" not in content
    assert b"CreationDate" not in content
    assert b"/Title (Figure 1)" in content


def test_drawing_leaves_the_users_settings_alone() -> None:
    before = dict(matplotlib.rcParams)
    vector_files(draw_divergence([pair()]), "Figure 2", "words")
    assert dict(matplotlib.rcParams) == before
