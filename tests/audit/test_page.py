"""What a page says of the decision, read from its HTML."""

from __future__ import annotations

from longcon.audit.page import sentences_of


def test_the_sentences_are_found_as_a_reader_sees_them() -> None:
    page = b"""<p><span id="verdict-sentence">PASS: a &lt; <b>b</b>
      and c<br>.</span> more</p><strong id='release-sentence'>released.</strong>"""
    assert sentences_of(page) == {"verdict-sentence": ["PASS: a < b and c."], "release-sentence": ["released."]}


def test_a_second_sentence_and_a_missing_one_are_seen() -> None:
    page = b'<p id="verdict-sentence">PASS</p><p id="verdict-sentence">FAIL</p>'
    assert sentences_of(page) == {"verdict-sentence": ["PASS", "FAIL"], "release-sentence": []}


def test_bytes_that_are_no_page_say_nothing() -> None:
    assert sentences_of(b"\xff<<<") == {"verdict-sentence": [], "release-sentence": []}
