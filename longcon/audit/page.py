"""What an audit's page says of the decision, read from its HTML."""

from __future__ import annotations

from html.parser import HTMLParser

# Identifiers of the two elements on the page, each of plain text.
VERDICT, RELEASE = "verdict-sentence", "release-sentence"
_EMPTY = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


class _Sentences(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, list[str]] = {VERDICT: [], RELEASE: []}
        self._inside: list[str | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _EMPTY:
            return
        name = dict(attrs).get("id")
        known = name if name in self.found else None
        if known:
            self.found[known].append("")
        self._inside.append(known or (self._inside[-1] if self._inside else None))

    def handle_endtag(self, tag: str) -> None:
        if tag not in _EMPTY and self._inside:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        if self._inside and self._inside[-1]:
            self.found[self._inside[-1]][-1] += data


def sentences_of(page: bytes) -> dict[str, list[str]]:
    """Returns the texts of the elements that state verdict and decision, by their identifiers; each should be one."""
    parser = _Sentences()
    parser.feed(page.decode("utf-8", errors="replace"))
    parser.close()
    return {name: [" ".join(text.split()) for text in texts] for name, texts in parser.found.items()}
