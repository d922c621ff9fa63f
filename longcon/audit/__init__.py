"""The audit: a folder that says what a run found, kept for years, and what can be told of it later."""

from longcon.audit.discordance import discordant_csv
from longcon.audit.folder import AuditError, publish, remove, require_replaceable
from longcon.audit.manifest import MANIFEST
from longcon.audit.schema import faults_of
from longcon.audit.verification import Verification, verify

__all__ = [
    "MANIFEST",
    "AuditError",
    "Verification",
    "discordant_csv",
    "faults_of",
    "publish",
    "remove",
    "require_replaceable",
    "verify",
]
