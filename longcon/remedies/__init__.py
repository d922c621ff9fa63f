"""Remedies: what may make a recipe repeatable, each held against the whole gate."""

from longcon.remedies.earlier_release import earlier_release
from longcon.remedies.gate import Word, ask_gate
from longcon.remedies.remedy import Remedy, remedies

__all__ = ["Remedy", "Word", "ask_gate", "earlier_release", "remedies"]
