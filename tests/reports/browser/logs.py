"""A page as pytest-html writes it, with its own script, of a few tests."""

from __future__ import annotations

import json
from html import escape
from importlib.resources import files

_TESTS = {
    "validation/iq/test_a.py::test_a[<b>cpu</b>-k2]": ("Passed", "No log output captured."),
    "validation/pq/test_b.py::test_b[cpu-k2]": ("Failed", "E   17 discordant\nat &lt;epoch&gt; 7"),
    "validation/pq/test_c.py::test_c[cpu-k2]": ("Skipped", "ineffective"),
}


def _test(name: str, result: str, log: str) -> dict[str, object]:
    cells = [f'<td class="col-result">{result}</td>', f'<td class="col-testId">{name}</td>', "<td>1 ms</td>"]
    return {
        "extras": [],
        "result": result,
        "testId": name,
        "duration": "1 ms",
        "resultsTableRow": cells,
        "log": log,
        "tableHtml": [],
    }


_DATA = {
    "environment": {"JAVA_HOME": "a secret of the machine"},
    "tests": {name: [_test(name, *rest)] for name, rest in _TESTS.items()},
    "renderCollapsed": ["passed"],
    "initialSort": "result",
    "title": "log.html",
}
_SCRIPT = (files("pytest_html") / "resources" / "app.js").read_text(encoding="utf-8")
PYTEST_HTML = (
    "<html><body><h1>log.html</h1><footer>"
    f'<div id="data-container" data-jsonblob="{escape(json.dumps(_DATA))}"></div>'
    f"<script>\n{_SCRIPT}\n</script></footer></body></html>"
)
