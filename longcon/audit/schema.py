"""The schema of evidence.json, and what in a document does not follow it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

VERSION = 1
_FILE = Path(__file__).with_name("evidence.schema.json")
_SHOWN, _LONGEST = 5, 200


@cache
def _validator() -> Draft202012Validator:
    schema = json.loads(_FILE.read_bytes())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def faults_of(document: object) -> tuple[str, ...]:
    """Returns a sentence for each of the first few places where a document does not follow the schema."""
    errors = sorted(_validator().iter_errors(document), key=lambda error: [str(part) for part in error.absolute_path])
    return tuple(_sentence(error) for error in errors[:_SHOWN])


def read_json(content: bytes) -> Any:
    """Returns a document, in which every number must be one that JSON has.

    Raises:
        ValueError: it is no JSON.
    """
    try:
        return json.loads(content, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("it is nested deeper than any evidence") from None


def _refuse(name: str) -> object:
    raise ValueError(f"it holds {name}, which is no number of JSON")


def _sentence(error: Any) -> str:
    place = "/".join(str(part) for part in error.absolute_path) or "the top"
    said = error.message if len(error.message) <= _LONGEST else error.message[:_LONGEST] + "..."
    return f"{place}: {said}"
