"""The log of the tests: what pytest-html shows by script, taken from the page that it wrote.

Of its page only the script and its data are kept. Its markup, which no keyboard reaches and no screen reader is told
of, gives way to a section of our own that has the elements which the script looks for.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from html import escape, unescape

from markupsafe import Markup

# Those that the script knows, in its own words, and how a page says them.
FILTERS = {
    "passed": "passed",
    "skipped": "skipped",
    "failed": "failed",
    "error": "errors",
    "xfailed": "expected failures",
    "xpassed": "unexpected passes",
    "rerun": "run again",
}
_BLOB = re.compile(r'data-jsonblob="([^"]*)"')
_SCRIPT = re.compile(r"<script>(.*)</script>", re.DOTALL)


@dataclass(frozen=True)
class Log:
    """What the script shows.

    Attributes:
        script: pytest-html's.
        data: its data, as JSON.
        counts: tests by filter, with the words for it.
    """

    script: Markup
    data: str
    counts: tuple[tuple[str, str, int], ...]


def log_of(page: str) -> Log | None:
    """Returns the log that a page of pytest-html holds; None where it has another form than is known."""
    blob, script = _BLOB.search(page), _SCRIPT.search(page)
    if blob is None or script is None:
        return None
    try:
        data = json.loads(unescape(blob[1]))
        tests = [test for rows in data["tests"].values() for test in rows]
        for test in tests:
            test["extras"] = []
            test["resultsTableRow"] = [
                f'<td class="col-{name}">{escape(str(test[name]))}</td>' for name in ("result", "testId", "duration")
            ]
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    # Variables of the machine's environment, which are nobody's evidence.
    data["environment"] = {}
    found = Counter(test["result"].lower() for test in tests)
    counts = tuple((name, words, found[name]) for name, words in FILTERS.items())
    return Log(Markup(script[1]), json.dumps(data), counts)  # noqa: S704 - the script that pytest-html ships
