"""The requirements: what must hold before a classifier is released, and what holds for the catalogue itself."""

from longcon.requirements.catalogue import CATALOGUE
from longcon.requirements.coverage import fault_of_test, faults_of_coverage
from longcon.requirements.document import document
from longcon.requirements.requirement import Requirement, Scope

__all__ = ["CATALOGUE", "Requirement", "Scope", "document", "fault_of_test", "faults_of_coverage"]
