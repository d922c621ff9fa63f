# One command each; CI, hooks and a developer's shell run these very lines.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: validate test lint format benchmark clean

validate: .venv/installed
	$(BIN)/python -m pytest validation --device=cpu --k=2

test: .venv/installed-dev
	$(BIN)/python -m pytest tests -n 2 --dist worksteal

lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

benchmark: .venv/installed-dev
	$(BIN)/python benchmarks/geo.py --json
	$(BIN)/python benchmarks/training_step.py --features 51000 --k 1 --dtype float64 --json

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/installed: .venv/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	touch $@

.venv/installed-dev: .venv/installed
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[dev]"
	touch $@

clean:
	rm -rf .venv .longcon audit .mypy_cache .ruff_cache .pytest_cache .hypothesis
