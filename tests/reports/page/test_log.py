"""What is taken over of pytest-html's page, and what is not."""

from __future__ import annotations

import json

import pytest

from reports.page import log_of
from tests.reports.browser.logs import PYTEST_HTML


def test_the_script_and_its_data_are_kept_and_nothing_of_the_machine() -> None:
    log = log_of(PYTEST_HTML)
    assert log is not None
    assert "data-jsonblob" not in log.script
    data = json.loads(log.data)
    assert data["environment"] == {}
    assert [count for _, _, count in log.counts] == [1, 1, 1, 0, 0, 0, 0]
    (first,) = data["tests"]["validation/iq/test_a.py::test_a[<b>cpu</b>-k2]"]
    assert first["resultsTableRow"][1] == (
        '<td class="col-testId">validation/iq/test_a.py::test_a[&lt;b&gt;cpu&lt;/b&gt;-k2]</td>'
    )


@pytest.mark.parametrize(
    "page",
    [
        "",
        "<script>x</script>",
        '<div data-jsonblob="{"></div><script>x</script>',
        '<div data-jsonblob="[]"></div><script>x</script>',
    ],
    ids=["empty", "no data", "torn", "no tests"],
)
def test_a_page_of_another_form_gives_no_log(page: str) -> None:
    assert log_of(page) is None
