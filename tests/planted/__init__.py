"""Planted defects: each is one thing made wrong, beside the requirement that must catch it."""
