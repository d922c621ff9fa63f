"""Figures of the paper: arrays in, vector graphics out."""
