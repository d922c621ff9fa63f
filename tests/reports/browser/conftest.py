"""A real Chromium, the system's own, without a network."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from longcon.builds import Campaign
from longcon.problems import ProblemData
from reports.audit import audit_of
from reports.page import log_of
from tests.reports.browser.logs import PYTEST_HTML
from tests.reports.runs import with_everything

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, headless."""
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium is installed, so the page was opened in no browser: install the package chromium")
    with sync_playwright() as playwright:
        # Chromium's sandbox does not start as root; the page is our own and opens nothing.
        launched = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-quic"])
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def page_file(trained: Campaign, problem: ProblemData, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a run in which everything that a page can say is said."""
    files = audit_of(with_everything(trained, problem), log_of(PYTEST_HTML), None)
    place = tmp_path_factory.mktemp("page") / "audit.html"
    place.write_bytes(files["audit.html"])
    return place
