"""The protocol: what is validated, on which devices, against which limits, for whom; frozen before the run."""

from longcon.protocol.deviation import Deviation, deviate
from longcon.protocol.document import Protocol
from longcon.protocol.flags import FLAGS, Flag, add_flags, given
from longcon.protocol.limits import Limits, default_limits, default_residual_threshold
from longcon.protocol.reader import blame, read_protocol
from longcon.protocol.sections import Advisory, Devices, Identity, Problem, RecipeChoice, Signatory
from longcon.protocol.template import template

__all__ = [
    "FLAGS",
    "Advisory",
    "Deviation",
    "Devices",
    "Flag",
    "Identity",
    "Limits",
    "Problem",
    "Protocol",
    "RecipeChoice",
    "Signatory",
    "add_flags",
    "blame",
    "default_limits",
    "default_residual_threshold",
    "deviate",
    "given",
    "read_protocol",
    "template",
]
