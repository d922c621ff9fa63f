"""The page: evidence.json as one HTML file that is read offline, without script, on paper and aloud."""

from reports.page.log import Log, log_of
from reports.page.rendering import page

__all__ = ["Log", "log_of", "page"]
