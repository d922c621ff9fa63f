"""The doctor's report in words, aligned, with what is wrong at the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from longcon.builds.health import StoreHealth
from longcon.commands.doctor_machine import DeviceFound, SurrogateFound
from longcon.commands.doctor_report import Report, counted
from longcon.commands.terminal import table

_SHOWN = 16


def as_text(report: Report) -> str:
    """Returns the report for a reader, aligned, with what is wrong at the end."""
    recipe = report.shape.recipe
    lines = [
        "machine",
        *_table(
            [
                ("processor", str(report.machine["processor"])),
                ("cores", f"{report.machine['cores']} usable"),
                ("memory", _bytes(report.machine["memory"])),
                ("system", str(report.machine["system"])),
            ]
        ),
        "",
        "versions",
        *_table([(name, value[:_SHOWN] if name == "code" else value) for name, value in report.versions.items()]),
        f"  {report.lock}",
        "",
        f"devices, probed in the shapes of a validation without options: {report.shape.features:,} features, "
        f"{report.shape.classes} classes, k={recipe.k}, {recipe.dtype}",
        *(line for device in report.devices for line in _lines_of_device(device)),
        "",
        f"store {report.store}",
        *_lines_of_store(report.health),
    ]
    if report.problems:
        lines += ["", "to do", *(f"  {problem}" for problem in report.problems)]
    return "\n".join([*lines, "", _last(report)]) + "\n"


def _last(report: Report) -> str:
    if report.failures:
        return f"wrong: {'; '.join(report.failures)}"
    if report.problems:
        return f"nothing stands against a validation here; {counted(len(report.problems), 'thing')} to do"
    return "nothing is wrong"


def _lines_of_device(device: DeviceFound) -> Iterator[str]:
    if device.numeric_class is None:
        yield from ("", f"  {device.name}: its fingerprint could not be taken")
        return
    effects, hardware = device.effects, device.hardware
    rows = [("numeric class", f"{device.numeric_class[:_SHOWN]}...")]
    if "gpu" in hardware:
        rows.append(("GPU", f"{hardware['gpu']}, compute capability {hardware['compute_capability']}"))
    rows += [
        ("kernels on the CPU", str(effects["cpu_capability"])),
        ("deterministic algorithms", _yes(effects["deterministic_algorithms"])),
        ("full float32 products", _yes(effects["full_float32_products"])),
        ("variables", " ".join(f"{name}={value}" for name, value in sorted(device.environment.items()))),
    ]
    yield from ("", f"  {device.name}", *_table(rows, indent=4))
    if device.surrogates:
        yield ""
        yield from _table([("surrogate", "trainings", "commands", ""), *map(_row, device.surrogates)], indent=4)


def _row(one: SurrogateFound) -> tuple[str, ...]:
    remarks = ["default"] if one.default else []
    if one.fault is not None:
        remarks.append("could not be tried")
    if one.effective and one.twin is not None:
        remarks.append(f"computes as {one.twin} does")
    return one.name, _effect(one.training), _effect(one.commands), ", ".join(remarks)


def _effect(changes: bool | None) -> str:
    return {True: "effective", False: "no effect", None: "-"}[changes]


def _lines_of_store(health: StoreHealth | None) -> list[str]:
    if health is None:
        return ["  no store there yet"]
    rows = [("builds", f"{health.sound} sound, {len(health.altered)} altered")]
    if health.under_way:
        rows.append(("under way", ", ".join(health.under_way)))
    rows += [
        ("unfinished", str(len(health.unfinished))),
        ("left over", str(len(health.staging))),
        ("size", f"{_bytes(health.size)}, and {_bytes(health.free)} free"),
        ("writable", _yes(health.writable)),
    ]
    return _table(rows)


def _table(rows: Sequence[tuple[str, ...]], indent: int = 2) -> list[str]:
    return [f"{' ' * indent}{line}" for line in table(rows)]


def _bytes(count: int) -> str:
    for unit, size in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if count >= size:
            return f"{count / size:,.1f} {unit}"
    return f"{count} bytes"


def _yes(value: object) -> str:
    return "yes" if value else "no"
