"""Which columns of a table are read, and as what: identifiers, classes or measurements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from longcon.errors import CohortError, did_you_mean

# Names are compared letter by letter for a hint; half a million of them would take minutes.
_MOST_COMPARED = 20_000
_SHOWN = 60


@dataclass(frozen=True)
class Request:
    """What a caller asks of a table.

    Attributes:
        case: column of identifiers; None = the usual one.
        label: column of classes; None = no classes.
        features: columns of measurements, in this order; None = all that remain.
        leave_out: columns that are no measurements.
        most_bytes: most bytes that values and names may take.
    """

    case: str | None
    label: str | None
    features: tuple[str, ...] | None
    leave_out: tuple[str, ...]
    most_bytes: int


@dataclass(frozen=True)
class Columns:
    """Positions of the columns to read, and the names of all.

    Attributes:
        names: every column's name, without white space around it.
        case: position of the identifiers.
        label: position of the classes, or None.
        features: positions of the measurements, in the order of the result.
    """

    names: tuple[str, ...]
    case: int
    label: int | None
    features: tuple[int, ...]

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Name of each measurement, in the order of the result."""
        return tuple(self.names[position] for position in self.features)

    @property
    def label_name(self) -> str | None:
        """Name of the column of classes, or None."""
        return None if self.label is None else self.names[self.label]

    @property
    def wanted(self) -> tuple[int, ...]:
        """Positions of all columns to read: identifiers, classes if any, measurements."""
        return (*self.named, *self.features)

    @property
    def named(self) -> tuple[int, ...]:
        """Positions of the columns of text: identifiers, and classes if any."""
        return (self.case,) if self.label is None else (self.case, self.label)


def chosen_columns(source: str, names: Iterable[str], request: Request) -> Columns:
    """Finds the requested columns of a table whose columns are called ``names``.

    Raises:
        CohortError: a column is unknown, stands twice or is asked for as two things, or no measurement is left.
    """
    stripped = unique_names(source, "column", names)
    places = {name: position for position, name in enumerate(stripped)}
    case = 0 if request.case is None else position(source, "column", request.case, places)
    label = None if request.label is None else position(source, "column", request.label, places)
    if label == case:
        raise CohortError(
            f"{source}: column '{shown(stripped[case])}' is named for identifiers and for classes; name two columns."
        )
    taken = {case: "identifiers"} if label is None else {case: "identifiers", label: "classes"}
    return Columns(stripped, case, label, measurements(source, "column", places, request, taken))


def unique_names(source: str, what: str, names: Iterable[str]) -> tuple[str, ...]:
    """Returns ``names`` without white space around them.

    Raises:
        CohortError: two are equal. Nameless ones are not counted: whoever wants one is told that it has no name.
    """
    stripped = tuple(name.strip() for name in names)
    seen: set[str] = set()
    for name in stripped:
        if name and name in seen:
            raise CohortError(f"{source} has the {what} '{shown(name)}' twice; rename or remove one of them.")
        seen.add(name)
    return stripped


def position(source: str, what: str, name: str, places: Mapping[str, int]) -> int:
    """Returns the position of the column called ``name``.

    Raises:
        CohortError: there is none.
    """
    found = places.get(name.strip())
    if found is None:
        hint = did_you_mean(name, list(places)[:_MOST_COMPARED]) or f"; name one of {_listed(list(places))}."
        raise CohortError(f"{source} has no {what} '{shown(name)}'{hint}")
    return found


def measurements(
    source: str, what: str, places: Mapping[str, int], request: Request, taken: Mapping[int, str]
) -> tuple[int, ...]:
    """Returns the positions of the measurements, in the order asked for or else in the file's.

    Args:
        source: the file's name, for messages.
        what: what a column is called there.
        places: position of each name.
        request: what is asked for.
        taken: positions that are read as something else, and as what.

    Raises:
        CohortError: a name is unknown, asked for twice or taken, a column has no name, or none is left.
    """
    left_out = {position(source, what, name, places) for name in request.leave_out}
    if request.features is None:
        found = [place for place in sorted(places.values()) if place not in taken]
    else:
        found = [position(source, what, name, places) for name in request.features]
        _check_asked(source, what, request.features, found, taken)
    chosen = tuple(place for place in found if place not in left_out)
    if not chosen:
        raise CohortError(f"{source} has no measurement left; name at least one {what}, or leave fewer out.")
    if places.get("") in chosen:
        raise CohortError(f"{source}: {what} {places[''] + 1} has no name; give it one.")
    return chosen


def shown(text: str) -> str:
    """Returns ``text`` as a message may show it: printable, and not longer than a line."""
    printable = "".join(letter if letter.isprintable() else "?" for letter in text[: _SHOWN + 1])
    return printable if len(printable) <= _SHOWN else f"{printable[:_SHOWN]}..."


def _check_asked(source: str, what: str, names: Sequence[str], found: Sequence[int], taken: Mapping[int, str]) -> None:
    seen: set[int] = set()
    for name, place in zip(names, found, strict=True):
        if place in seen:
            raise CohortError(f"{source}: {what} '{shown(name)}' is asked for twice; name it once.")
        if place in taken:
            raise CohortError(
                f"{source}: {what} '{shown(name)}' holds the {taken[place]} and cannot be a measurement too; "
                "name other columns."
            )
        seen.add(place)


def _listed(names: Sequence[str], most: int = 5) -> str:
    first = ", ".join(f"'{shown(name)}'" for name in names[:most])
    return first if len(names) <= most else f"{first} and {len(names) - most} more"
