"""The record of a run: everything that the audit says, as one document of plain JSON values."""

from reports.record.document import document
from reports.record.run import Run

__all__ = ["Run", "document"]
