"""The protocol that ``python -m longcon protocol init`` writes: it runs as it is, and says what the defaults say."""

from __future__ import annotations

from collections.abc import Mapping

from longcon.measures import default_sine_tolerance
from longcon.protocol.document import Protocol
from longcon.protocol.limits import default_residual_threshold
from longcon.protocol.sections import Identity, Signatory
from longcon.protocol.toml import as_toml

# Doubled brackets make a list of sections.
_SIGNATORY = "[signatories]"

EXAMPLE = Protocol(
    identity=Identity(
        title="Rebuild validation of the GBM methylation classifier",
        version="1",
        intended_use="Not for clinical use: replace this by what the classifier is released for.",
    ),
    signatories=(
        Signatory("Author", "I wrote this protocol before the run."),
        Signatory("Laboratory director", "I read the report and approve the release."),
    ),
)


_PREFACE = """# The protocol of a validation by longcon. Complete it, have it reviewed, and freeze it before the run:
#     pytest validation --protocol=protocol.toml
# The report states the SHA-256 digest of this file, and every flag of the command line that overrides it.
# A key that is left out takes its default.
"""
_SIGNED = "# Who signs the report, and what the signature says."

# Every key with what is said of it, "" where it says that itself.
_KEYS: dict[str, dict[str, str]] = {
    "protocol": {"title": "", "version": "", "intended_use": ""},
    "problem": {
        "name": '"gbm", or where your own is: "path/to/file.py:NAME", from where this file lies, or '
        '"package.module:NAME".',
        "data": '"simulated", or the folder of GEO\'s files, from where this file lies. This key and the next two are '
        "handed to a problem that takes them.",
        "cohort_seed": "Of the simulation and of the split into training and hold-out cases.",
        "features": "Probes that the network sees: those of largest standard deviation on the training split.",
        "digest": "SHA-256 of the data, as a run states it: LC-IQ-06 then holds every run to it, and a release needs "
        'it. Or "none".',
        "source": "SHA-256 of the problem's code, as a run states it; a release of a problem of your own needs it. Or "
        '"none".',
        "train": "A command that trains in place of the problem's code, such as \"python train.py --seed {seed} --out "
        '{out}"; docs/problems.md. Or "none", and then the keys below say nothing.',
        "cases": "File that lists the cases that the command must score: CSV with columns case, split (holdout, "
        "prospective), class.",
        "target": "The class of clinical interest.",
        "reads": "Files and folders that the command reads, from where this file lies, beside those that it names.",
        "timeout": "Seconds that one training may take.",
        "parameters": "Whether the command leaves parameters.safetensors beside its scores.",
    },
    "recipe": {
        "k": "Cases in a minibatch; each one listed is validated.",
        "dtype": '"float64" or "float32".',
        "arithmetic": '"native", PyTorch\'s own kernels, or "portable", the same bits on every device.',
        "epochs": "",
        "seed": "Of the initial values and of the order of cases.",
        "learning_rate": "",
        "weight_decay": "",
        "layer_norm_epsilon": "Added to the variance in each layer normalisation; a model of your own takes it from "
        "its recipe.",
        "release_epoch": '"best" (the original\'s least hold-out error), "last", or the number of an epoch.',
    },
    "devices": {
        "required": '"cpu", "cuda", "cuda:N" or "all"; all that are named must be there. The first is the original\'s.',
        "surrogates": '"by device" for those that suit each device, or a list of "isa:NAME", "mkl:COMPATIBLE", '
        '"openblas:NAME", "order:N"; ["none"] for none.',
    },
    "limits": {
        "p": "Proportion of longitudinal consistency: 1 - p bounds the rate of discrepancies. It follows from a risk "
        "analysis.",
        "confidence": 'Of the exact upper bound that is held against 1 - p; "none" holds the point estimate against '
        "it.",
        "sine_tolerance": "Largest vector sine between devices: the root of the precision's machine epsilon; for "
        f"float32 {default_sine_tolerance('float32')!r}.",
        "residual_threshold": "Gradient-annihilation residual below which a saddle neighbourhood is near; for float32 "
        f"{default_residual_threshold('float32')!r}.",
        "holdout_precision": "Precision that the cut-off must reach on the hold-out.",
    },
    "advisory": {
        "curvature_every": "Record the original's curvature at every N-th step; 1 for all, 0 for none.",
        "gating": 'Advisory requirements that gate this validation, such as "LC-PQ-06"; docs/requirements.md lists '
        "them.",
    },
}


def template(protocol: Protocol = EXAMPLE, note: str = "") -> str:
    """Returns a protocol as TOML, with a comment on everything that may stand there.

    Args:
        protocol: that is written.
        note: lines that are set before it, as comments.
    """
    noted = "".join(f"# {text}\n" for text in note.splitlines())
    sections = [_section(name, protocol.section(name), about) for name, about in _KEYS.items()]
    signatories = [_section(_SIGNATORY, one, {"role": "", "meaning": ""}) for one in protocol.signatories]
    return "\n".join([_PREFACE + noted, *sections, _SIGNED, *signatories])


def _section(name: str, owner: object, about: Mapping[str, str]) -> str:
    lines = [f"[{name}]"]
    for key, text in about.items():
        lines += [f"# {text}"] * bool(text) + [line(key, owner)]
    return "\n".join(lines) + "\n"


def line(key: str, owner: object) -> str:
    """Returns the line of a protocol that gives a key the value that it has in a section, or in a signatory."""
    return f"{key} = {as_toml(key, getattr(owner, key))}"
