"""Builds: requests, artefacts, the store that keeps them and the processes that train them."""

from longcon.builds.build import Build, read_build
from longcon.builds.campaign import Campaign
from longcon.builds.plan import BuildEvent, Plan
from longcon.builds.request import BuildRequest, canonical_json, recorded_epochs
from longcon.builds.store import Store

__all__ = [
    "Build",
    "BuildEvent",
    "BuildRequest",
    "Campaign",
    "Plan",
    "Store",
    "canonical_json",
    "read_build",
    "recorded_epochs",
]
