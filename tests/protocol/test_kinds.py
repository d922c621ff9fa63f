"""Every key takes values of its kind, and says so of any other."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.protocol.protocol_files import IDENTITY, ids, said

# What stands in the file after its identity, and what is said after the file's name.
OF_ANOTHER_KIND = [
    (
        '[recipe]\nepochs = "many"',
        ', [recipe] epochs = "many": this is not a whole number: give epochs = 64, say.',
    ),
    ("[recipe]\nepochs = true", ", [recipe] epochs = true: this is not a whole number: give epochs = 64, say."),
    ("[recipe]\nepochs = 6.0", ", [recipe] epochs = 6.0: this is not a whole number: give epochs = 64, say."),
    (
        f"[recipe]\nepochs = 0x{'f' * 5000}",
        f", [recipe] epochs = 0x{'f' * 58}...: this is not a whole number: give epochs = 64, say.",
    ),
    (
        '[problem]\ndata = "a\\u0000b"',
        ', [problem] data = "a\\u0000b": this is not a folder or "simulated": give data = "simulated", say.',
    ),
    (
        '[[signatories]]\nrole = "\\u001b[2J"\nmeaning = "A"',
        ', [[signatories]] 1 role = "\\u001b[2J": this is not a text: give role = "Author", say.',
    ),
    ("[recipe]\nk = 2", ", [recipe] k = 2: this is not a list of one or more whole numbers: give k = [2], say."),
    ("[recipe]\nk = []", ", [recipe] k = []: this is not a list of one or more whole numbers: give k = [2], say."),
    (
        "[recipe]\nrelease_epoch = 1.5",
        ', [recipe] release_epoch = 1.5: this is not "best", "last" or a whole number: '
        'give release_epoch = "best", say.',
    ),
    (
        '[problem]\ndata = ""',
        ', [problem] data = "": this is not a folder or "simulated": give data = "simulated", say.',
    ),
    (
        "[devices]\nrequired = []",
        ', [devices] required = []: this is not a list of one or more texts: give required = ["cpu"], say.',
    ),
    (
        "[devices]\nsurrogates = []",
        ', [devices] surrogates = []: this is not a list of one or more texts or "by device": '
        'give surrogates = "by device", say.',
    ),
    (
        '[limits]\nconfidence = "no"',
        ', [limits] confidence = "no": this is not a number or "none": give confidence = 0.95, say.',
    ),
    (
        '[[signatories]]\nrole = "A"\nmeaning = "B"\n[[signatories]]\nrole = ""\nmeaning = "B"',
        ', [[signatories]] 2 role = "": this is not a text: give role = "Author", say.',
    ),
]


@pytest.mark.parametrize(("text", "sentence"), OF_ANOTHER_KIND, ids=ids(OF_ANOTHER_KIND))
def test_a_value_of_another_kind_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    assert said(tmp_path, IDENTITY + text) == sentence
