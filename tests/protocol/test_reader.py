"""protocol.toml, read: values in their types, and every mistake in one sentence, to the letter."""

from __future__ import annotations

from pathlib import Path

import pytest

from longcon.errors import ProtocolError
from longcon.measures import default_sine_tolerance
from longcon.protocol import Limits, Protocol, Signatory, read_protocol
from tests.protocol.protocol_files import IDENTITY, ids, read, said


def test_what_is_left_out_is_as_by_default(tmp_path: Path) -> None:
    found, default = read(tmp_path, IDENTITY), Protocol()
    for name in ("problem", "recipe", "devices", "limits", "advisory", "signatories"):
        assert found.section(name) == default.section(name), name


def test_limits_that_are_left_out_follow_the_precision(tmp_path: Path) -> None:
    found = read(tmp_path, IDENTITY + '[recipe]\ndtype = "float32"\n[limits]\np = 1\n')
    assert found.limits == Limits(p=1.0, sine_tolerance=default_sine_tolerance("float32"), residual_threshold=0.1)


def test_every_value_arrives_in_its_type(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "\ufeff"
        + IDENTITY.replace('"B"', '"""\nTo guide\n  therapy."""')
        + """
[problem]
data = "geo  files/now"
[recipe]
k = [1, 2]
learning_rate = 1
release_epoch = 3
[devices]
required = ["cuda:7", "all"]
surrogates = ["none"]
[limits]
confidence = "none"
[advisory]
gating = ["LC-PQ-06"]
curvature_every = 2
[[signatories]]
role = "Director"
meaning = "approved"
""",
    )
    assert found.identity.intended_use == "To guide therapy."
    assert found.problem.data == tmp_path / "geo  files" / "now"
    assert (found.recipe.k, found.recipe.release_epoch) == ((1, 2), 3)
    assert isinstance(found.recipe.learning_rate, float)
    assert found.devices.required == ("cuda:7", "all")  # whether they are there is asked when they are used
    assert found.devices.surrogates == ("none",)
    assert found.limits.confidence is None
    assert found.advisory.gating == ("LC-PQ-06",)
    assert found.signatories == (Signatory("Director", "approved"),)


# What stands in the file after its identity, and what is said after the file's name.
MISTAKES = [
    (
        "[recipes]",
        ": section [recipes] is unknown - did you mean 'recipe'?: "
        "give protocol, problem, recipe, devices, limits, advisory, signatories.",
    ),
    (
        "[problem.more]\nx = 1",
        ", [problem]: key 'more' is unknown - did you mean 'source'?: give name, data, cohort_seed, features, "
        "digest, source, train, cases, target, reads, timeout, parameters.",
    ),
    (
        "[recipe]\nepoch = 3",
        ", [recipe]: key 'epoch' is unknown - did you mean 'epochs'?: "
        "give k, dtype, arithmetic, epochs, seed, learning_rate, weight_decay, layer_norm_epsilon, release_epoch.",
    ),
    (
        "[devices]\np = 0.9",
        ", [devices]: key 'p' is unknown - it belongs under [limits]: give required, surrogates.",
    ),
    (
        '[[signatories]]\nrole = "Director"',
        ', [[signatories]] 1: meaning is missing: give meaning = "I wrote this protocol before the run.", say.',
    ),
    ("[signatories]", ": signatories is not a list of sections: begin each one with [[signatories]]."),
    ("[[recipe]]", ": recipe is not a section: begin it with [recipe], once."),
]


@pytest.mark.parametrize(("text", "sentence"), MISTAKES, ids=ids(MISTAKES))
def test_a_mistake_is_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    assert said(tmp_path, IDENTITY + text) == sentence


KNOWN = "protocol, problem, recipe, devices, limits, advisory, signatories"
UNREADABLE = [
    (b"", ', [protocol]: title is missing: give title = "Rebuild validation of the GBM methylation classifier", say.'),
    (b'[protocol]\ntitle = "A"\nintended_use = "B"', ', [protocol]: version is missing: give version = "1", say.'),
    (b"[protocol", " is not TOML (Expected ']' at the end of a table declaration (at end of document)): correct it."),
    (b"[limits]\np = 1\np = 1\n", " is not TOML (Cannot overwrite a value (at line 3, column 6)): correct it."),
    (b"x = " + b"[" * 20_000, " is not TOML (lists nested too deeply): correct it."),
    (b"title = \xff", " is not UTF-8 (byte 9): save it as UTF-8."),
    (b"#" * 1_000_001, " is larger than 1,000,000 bytes: no protocol is, so give another file."),
    (b"p = 1", f": key 'p' stands outside every section - it belongs under [limits]: give {KNOWN} as sections."),
    (b"pi = 1", f": key 'pi' stands outside every section: give {KNOWN} as sections."),
]


@pytest.mark.parametrize(("content", "sentence"), UNREADABLE, ids=[str(number) for number in range(len(UNREADABLE))])
def test_what_is_no_protocol(tmp_path: Path, content: bytes, sentence: str) -> None:
    assert said(tmp_path, content) == sentence


@pytest.mark.parametrize(("name", "why"), [("missing", "No such file or directory"), ("", "Is a directory")])
def test_a_file_that_cannot_be_read(tmp_path: Path, name: str, why: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        read_protocol(tmp_path / name)
    assert str(caught.value) == (
        f"{tmp_path / name} cannot be read ({why}): give --protocol=FILE, "
        "or write a protocol by python -m longcon protocol init."
    )


def test_data_lies_where_the_protocol_says_from_wherever_it_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "p.toml").write_text(IDENTITY + '[problem]\ndata = "geo"')
    monkeypatch.chdir(tmp_path)
    assert read_protocol(Path("p.toml")).problem.data == Path.cwd() / "geo"
