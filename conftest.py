"""Joins longcon's options, fixtures and reports to pytest."""

pytest_plugins = ["fixtures.plugin", "reports.plugin"]
