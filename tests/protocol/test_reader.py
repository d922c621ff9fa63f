"""protocol.toml, read: values in their types, and every mistake in one sentence, to the letter."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from longcon.errors import ProtocolError
from longcon.measures import default_sine_tolerance
from longcon.protocol import Limits, Protocol, Signatory, read_protocol, template
from longcon.protocol.kinds import KINDS

IDENTITY = '[protocol]\ntitle = "A"\nversion = "1"\nintended_use = "B"\n'


def _read(folder: Path, text: str | bytes) -> Protocol:
    file = folder / "p.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_protocol(file)


def test_the_template_says_what_the_defaults_say(tmp_path: Path) -> None:
    read, default = _read(tmp_path, template()), Protocol()
    for name in ("problem", "recipe", "devices", "limits", "advisory"):
        assert read.section(name) == default.section(name), name
    assert read.identity.title
    assert len(read.signatories) == 2
    assert read.digest == hashlib.sha256(template().encode()).hexdigest()
    assert read.file == tmp_path / "p.toml"


def test_the_template_names_every_key() -> None:
    for section, keys in KINDS.items():
        for key in keys:
            assert f"\n{key} = " in template(), (section, key)


def test_what_is_left_out_is_as_by_default(tmp_path: Path) -> None:
    read, default = _read(tmp_path, IDENTITY), Protocol()
    for name in ("problem", "recipe", "devices", "limits", "advisory", "signatories"):
        assert read.section(name) == default.section(name), name


def test_limits_that_are_left_out_follow_the_precision(tmp_path: Path) -> None:
    read = _read(tmp_path, IDENTITY + '[recipe]\ndtype = "float32"\n[limits]\np = 1\n')
    assert read.limits == Limits(p=1.0, sine_tolerance=default_sine_tolerance("float32"), residual_threshold=0.1)


def test_every_value_arrives_in_its_type(tmp_path: Path) -> None:
    read = _read(
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
    assert read.identity.intended_use == "To guide therapy."
    assert read.problem.data == tmp_path / "geo  files" / "now"
    assert (read.recipe.k, read.recipe.release_epoch) == ((1, 2), 3)
    assert isinstance(read.recipe.learning_rate, float)
    assert read.devices.required == ("cuda:7", "all")  # whether they are there is asked when they are used
    assert read.devices.surrogates == ("none",)
    assert read.limits.confidence is None
    assert read.advisory.gating == ("LC-PQ-06",)
    assert read.signatories == (Signatory("Director", "approved"),)


ADVISORY = "LC-PQ-06, LC-PQ-07, LC-PQ-08"
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
    (
        "[recipe]\nepochs = 0",
        ", [recipe] epochs = 0: epochs is 0, but training takes at least 1: give epochs = 1 or more.",
    ),
    ("[recipe]\nk = 2", ", [recipe] k = 2: this is not a list of one or more whole numbers: give k = [2], say."),
    ("[recipe]\nk = []", ", [recipe] k = []: this is not a list of one or more whole numbers: give k = [2], say."),
    (
        "[recipe]\nk = [2, 0]",
        ", [recipe] k = [2, 0]: k is 0, but a minibatch holds at least 1 case: give k = 1 or more.",
    ),
    (
        '[recipe]\ndtype = "float16"',
        ", [recipe] dtype = \"float16\": dtype 'float16' is unknown - did you mean 'float64'?: "
        "give float64 or float32.",
    ),
    (
        '[recipe]\narithmetic = "portible"',
        ", [recipe] arithmetic = \"portible\": arithmetic 'portible' is unknown - did you mean 'portable'?: "
        "give native or portable.",
    ),
    (
        "[recipe]\nlearning_rate = nan",
        ", [recipe] learning_rate = nan: learning rate is nan: give learning_rate a number above 0.",
    ),
    (
        "[recipe]\nrelease_epoch = 7\nepochs = 6",
        ", [recipe] release_epoch = 7: release epoch is '7': give release_epoch best, last, or a number from 1 to 6.",
    ),
    (
        "[recipe]\nrelease_epoch = 1.5",
        ', [recipe] release_epoch = 1.5: this is not "best", "last" or a whole number: '
        'give release_epoch = "best", say.',
    ),
    ("[recipe]\nseed = -1", ", [recipe] seed = -1: seed is -1, but a seed is not negative: give seed = 0 or more."),
    (
        '[problem]\nname = "gmb"',
        ", [problem] name = \"gmb\": problem 'gmb' is unknown - did you mean 'gbm'?: give gbm, "
        "path/to/file.py:NAME or package.module:NAME.",
    ),
    (
        '[problem]\ndata = ""',
        ', [problem] data = "": this is not a folder or "simulated": give data = "simulated", say.',
    ),
    (
        "[problem]\nfeatures = 0",
        ", [problem] features = 0: features is 0, but a network sees at least 1: give features = 1 or more.",
    ),
    (
        '[devices]\nrequired = ["cpi"]',
        ", [devices] required = [\"cpi\"]: Device 'cpi' is unknown - did you mean 'cpu'?: "
        "give cpu, cuda, cuda:N, all or imported.",
    ),
    (
        "[devices]\nrequired = []",
        ', [devices] required = []: this is not a list of one or more texts: give required = ["cpu"], say.',
    ),
    (
        '[devices]\nsurrogates = ["oder:1"]',
        ", [devices] surrogates = [\"oder:1\"]: Surrogate 'oder:1' is unknown - did you mean 'order:1'?: "
        "give isa:NAME, mkl:COMPATIBLE, openblas:NAME, order:N or none.",
    ),
    (
        "[devices]\nsurrogates = []",
        ', [devices] surrogates = []: this is not a list of one or more texts or "by device": '
        'give surrogates = "by device", say.',
    ),
    (
        "[limits]\np = 1.5",
        ", [limits] p = 1.5: p is 1.5, but a proportion of consistency lies in (0, 1]: give p = 0.98, say.",
    ),
    (
        "[limits]\nconfidence = 1",
        ", [limits] confidence = 1: confidence is 1, but that of an upper bound lies in [0.5, 1): "
        "give confidence = 0.95, or none for the point estimate.",
    ),
    (
        '[limits]\nconfidence = "no"',
        ', [limits] confidence = "no": this is not a number or "none": give confidence = 0.95, say.',
    ),
    (
        "[limits]\nsine_tolerance = 0",
        ", [limits] sine_tolerance = 0: sine tolerance is 0, but a sine lies in [0, 1]: "
        "give sine_tolerance a number above 0 and at most 1.",
    ),
    (
        "[limits]\nresidual_threshold = inf",
        ", [limits] residual_threshold = inf: residual threshold is inf: give residual_threshold a number above 0.",
    ),
    (
        "[limits]\nholdout_precision = 0",
        ", [limits] holdout_precision = 0: holdout precision is 0, but a precision lies in (0, 1]: "
        "give a number above 0 and at most 1.",
    ),
    (
        '[advisory]\ngating = ["LC-PQ-01"]',
        ", [advisory] gating = [\"LC-PQ-01\"]: 'LC-PQ-01' is no advisory requirement - did you mean 'LC-PQ-08'?: "
        f"give gating one of {ADVISORY}.",
    ),
    (
        '[advisory]\ngating = ["LC-PQ-07"]',
        ', [advisory] gating = ["LC-PQ-07"]: LC-PQ-07 needs the curvature of every step: '
        "give curvature_every = 1 beside gating = LC-PQ-07.",
    ),
    (
        "[advisory]\ncurvature_every = -1",
        ", [advisory] curvature_every = -1: curvature every is -1: "
        "give curvature_every = 1 for every step, or 0 for none.",
    ),
    (
        '[advisory]\ncurvature_every = 1\n[recipe]\narithmetic = "portable"',
        ", [advisory] curvature_every = 1: The curvature is recorded in native training only: "
        "leave out curvature_every.",
    ),
    (
        '[[signatories]]\nrole = "Director"',
        ', [[signatories]] 1: meaning is missing: give meaning = "I wrote this protocol before the run.", say.',
    ),
    (
        '[[signatories]]\nrole = "A"\nmeaning = "B"\n[[signatories]]\nrole = ""\nmeaning = "B"',
        ', [[signatories]] 2 role = "": this is not a text: give role = "Author", say.',
    ),
    ("[signatories]", ": signatories is not a list of sections: begin each one with [[signatories]]."),
    ("[[recipe]]", ": recipe is not a section: begin it with [recipe], once."),
    (
        f'[problem]\nname = "{"x" * 100}"',
        f", [problem] name = \"{'x' * 59}...: problem '{'x' * 100}' is unknown: give gbm, "
        "path/to/file.py:NAME or package.module:NAME.",
    ),
]


@pytest.mark.parametrize(
    ("text", "said"), MISTAKES, ids=[text.replace("\n", " ")[:40] + f" {n}" for n, (text, _) in enumerate(MISTAKES)]
)
def test_a_mistake_is_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        _read(tmp_path, IDENTITY + text)
    assert str(caught.value) == f"{tmp_path}/p.toml{said}"


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


@pytest.mark.parametrize(("content", "said"), UNREADABLE, ids=[str(number) for number in range(len(UNREADABLE))])
def test_what_is_no_protocol(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        _read(tmp_path, content)
    assert str(caught.value) == f"{tmp_path}/p.toml{said}"


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
