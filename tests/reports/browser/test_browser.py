"""The page in a real browser: without script, aloud, by keyboard, on a phone, in the dark, on paper."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page
from pypdf import PdfReader

pytestmark = pytest.mark.slow
HEADINGS = [
    "Verdict",
    "Contents",
    "Intended use and scope",
    "What was tested",
    "Acceptance criteria",
    "Traceability",
    "Measured against limit",
    "Discordant cases",
    "Figures",
    "Deviations from the protocol",
    "What was not tested",
    "Builds",
    "Signatures",
    "Log of the tests",
]
SCREENS = [(1280, "light"), (1280, "dark"), (360, "light"), (360, "dark")]


@pytest.fixture
def opened(browser: Browser, page_file: Path) -> Callable[..., Any]:
    """Opens the page and collects what it asks the network for and what its script complains of."""

    @contextmanager
    def open_page(width: int = 1280, scheme: Any = "light", *, script: bool = True) -> Iterator[Page]:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=script
        )
        wrong: list[str] = []
        page = context.new_page()
        page.on("request", lambda request: wrong.append(request.url) if request.url != page_file.as_uri() else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        page.goto(page_file.as_uri())
        yield page
        context.close()
        assert wrong == []

    return open_page


def test_without_script_everything_is_there(opened: Callable[..., Any]) -> None:
    with opened(script=False) as page:
        assert page.locator("h1").all_inner_texts() == ["A <b>title</b> & more"]
        assert page.locator("h2").all_inner_texts() == HEADINGS
        assert page.locator("#verdict-sentence").inner_text().startswith("FAIL: k = 2: ")
        text = page.locator("main").inner_text()
        for told in (
            "To guide <script>alert(1)</script> therapy.",
            "A. <Technician>",
            "<u>p",
            "skipped <i>by hand</i>",
        ):
            assert told in text, told
        assert page.locator("figure svg").count() == 5
        assert "The log is shown by script" in text
        assert not page.locator("#results-table").is_visible()


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_axe_finds_no_violation_and_nothing_runs_over_the_edge(
    opened: Callable[..., Any], width: int, scheme: str
) -> None:
    with opened(width, scheme) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.evaluate(AXE_SCRIPT)
        found = page.evaluate("axe.run()")
        assert [(fault["id"], [node["html"][:120] for node in fault["nodes"]]) for fault in found["violations"]] == []


def test_by_keyboard_the_log_is_sorted_filtered_and_opened(opened: Callable[..., Any]) -> None:
    with opened() as page:
        rows = page.locator("#results-table .col-testId")
        assert rows.count() == 3
        assert "test_a[<b>cpu</b>-k2]" in page.locator("#results-table").inner_text()
        assert "a secret of the machine" not in page.content()
        page.locator("button.sortable", has_text="Test").focus()
        page.keyboard.press("Enter")
        assert rows.first.inner_text().endswith("test_a[<b>cpu</b>-k2]")
        page.locator("input[data-test-result=failed]").focus()
        page.keyboard.press("Space")
        assert page.locator("#results-table .col-testId").count() == 2
        page.locator("#show_all_details").focus()
        page.keyboard.press("Enter")
        assert page.locator(".log").first.is_visible()


def test_by_keyboard_one_comes_to_the_verdict_and_into_every_table(opened: Callable[..., Any]) -> None:
    with opened(360) as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "To the verdict"
        inside = page.evaluate(
            "[...document.querySelectorAll('.region, .picture')].filter(e => e.offsetParent && e.tabIndex !== 0).length"
        )
        assert inside == 0
        anchors = page.evaluate("[...document.querySelectorAll('a[href^=\"#\"]')].map(a => a.getAttribute('href'))")
        missing = [anchor for anchor in anchors if page.locator(f"[id='{anchor[1:]}']").count() != 1]
        assert missing == []
        repeated = page.evaluate(
            "[...document.querySelectorAll('[id]')].map(e => e.id).filter((id, at, all) => all.indexOf(id) !== at)"
        )
        assert repeated == []


def test_on_paper_it_is_a4_whole_and_signable(opened: Callable[..., Any], tmp_path: Path) -> None:
    with opened() as page:
        page.pdf(path=tmp_path / "page.pdf", prefer_css_page_size=True)
    pages = PdfReader(tmp_path / "page.pdf").pages
    sizes = {(round(float(sheet.mediabox.width)), round(float(sheet.mediabox.height))) for sheet in pages}
    assert sizes == {(595, 842)}
    texts = [re.sub(r"\s+", " ", sheet.extract_text()) for sheet in pages]
    assert "FAIL: k = 2" in texts[0]
    assert f"1 / {len(pages)}" in texts[0]
    (signed,) = [text for text in texts if "Laboratory <director>" in text]
    assert signed.count("Signature") >= 2
    assert "Not for signature" in signed
    assert not any("Log of the tests" in text for text in texts)
