"""The pytest side of longcon's reporting: evidence, verdict and the report."""
