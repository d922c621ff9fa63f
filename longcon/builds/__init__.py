"""Builds: requests, artefacts, the store that keeps them and the processes that train them."""

from longcon.builds.build import Build, read_build
from longcon.builds.campaign import Campaign
from longcon.builds.elsewhere import Elsewhere, belonging, require_reference_of
from longcon.builds.plan import BuildEvent, Plan
from longcon.builds.provenance import REFERENCE
from longcon.builds.reference import Reference, read_reference
from longcon.builds.request import BuildRequest, canonical_json, identity_of, recorded_epochs
from longcon.builds.store import Store
from longcon.builds.workshop import Workshop

__all__ = [
    "REFERENCE",
    "Build",
    "BuildEvent",
    "BuildRequest",
    "Campaign",
    "Elsewhere",
    "Plan",
    "Reference",
    "Store",
    "Workshop",
    "belonging",
    "canonical_json",
    "identity_of",
    "read_build",
    "read_reference",
    "recorded_epochs",
    "require_reference_of",
]
