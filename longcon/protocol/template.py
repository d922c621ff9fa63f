"""The protocol that ``python -m longcon protocol init`` writes: it runs as it is, and says what the defaults say."""

from __future__ import annotations

from longcon.measures import default_sine_tolerance
from longcon.protocol.document import Identity, Protocol, Signatory
from longcon.protocol.limits import default_residual_threshold
from longcon.protocol.toml import as_toml

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


def template() -> str:
    """Returns a protocol as TOML, with a comment on everything that may stand there."""
    signatories = "\n".join(
        f"[[signatories]]\n{line('role', one)}\n{line('meaning', one)}\n" for one in EXAMPLE.signatories
    )
    sine, residual = default_sine_tolerance("float32"), default_residual_threshold("float32")
    return f"""# The protocol of a validation by longcon. Complete it, have it reviewed, and freeze it before the run:
#     pytest validation --protocol=protocol.toml
# The report states the SHA-256 digest of this file, and every flag of the command line that overrides it.
# A key that is left out takes its default.

[protocol]
{_line("protocol", "title")}
{_line("protocol", "version")}
{_line("protocol", "intended_use")}

[problem]
{_line("problem", "name")}
# "simulated", or the folder of GEO's files, from where this file lies.
{_line("problem", "data")}
# Of the simulation and of the split into training and hold-out cases.
{_line("problem", "cohort_seed")}
# Probes that the network sees: those of largest standard deviation on the training split.
{_line("problem", "features")}
# SHA-256 of the data, as a run states it: LC-IQ-06 then holds every run to it, and a release needs it. Or "none".
{_line("problem", "digest")}

[recipe]
# Cases in a minibatch; each one listed is validated.
{_line("recipe", "k")}
# "float64" or "float32".
{_line("recipe", "dtype")}
# "native", PyTorch's own kernels, or "portable", the same bits on every device.
{_line("recipe", "arithmetic")}
{_line("recipe", "epochs")}
# Of the initial values and of the order of cases.
{_line("recipe", "seed")}
{_line("recipe", "learning_rate")}
{_line("recipe", "weight_decay")}
# "best" (the original's least hold-out error), "last", or the number of an epoch.
{_line("recipe", "release_epoch")}

[devices]
# "cpu", "cuda", "cuda:N" or "all"; all that are named must be there. The first is the original's.
{_line("devices", "required")}
# "by device" for those that suit each device, or a list of "isa:NAME", "mkl:COMPATIBLE", "order:N"; ["none"] for none.
{_line("devices", "surrogates")}

[limits]
# Proportion of longitudinal consistency: 1 - p bounds the rate of discrepancies. It follows from a risk analysis.
{_line("limits", "p")}
# Of the exact upper bound that is held against 1 - p; "none" holds the point estimate against it.
{_line("limits", "confidence")}
# Largest vector sine between devices: the root of the precision's machine epsilon; for float32 {sine!r}.
{_line("limits", "sine_tolerance")}
# Gradient-annihilation residual below which a saddle neighbourhood is near; for float32 {residual!r}.
{_line("limits", "residual_threshold")}
# Precision that the cut-off must reach on the hold-out.
{_line("limits", "holdout_precision")}

[advisory]
# Record the original's curvature at every N-th step; 1 for all, 0 for none.
{_line("advisory", "curvature_every")}
# Advisory requirements that gate this validation, such as "LC-PQ-06"; docs/requirements.md lists them.
{_line("advisory", "gating")}

# Who signs the report, and what the signature says.
{signatories}"""


def line(key: str, owner: object) -> str:
    """Returns the line of a protocol that gives a key the value that it has in a section, or in a signatory."""
    return f"{key} = {as_toml(key, getattr(owner, key))}"


def _line(section: str, key: str) -> str:
    return line(key, EXAMPLE.section(section))
