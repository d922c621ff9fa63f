"""Devices, surrogates that emulate others, the settings that make them deterministic, and their fingerprints."""

from longcon.devices.determinism import REQUIRED_SETTINGS, enforce, settings_in_force
from longcon.devices.device import (
    IMPORTED,
    Device,
    device_elsewhere,
    is_elsewhere,
    named_from,
    parse_device,
    parse_devices,
    require_device_name,
    with_surrogates,
)
from longcon.devices.fingerprint import Fingerprint, ProbeShape, take_fingerprint
from longcon.devices.surrogate import DEFAULT_SURROGATES, Surrogate, named_surrogate, parse_surrogate

__all__ = [
    "DEFAULT_SURROGATES",
    "IMPORTED",
    "REQUIRED_SETTINGS",
    "Device",
    "Fingerprint",
    "ProbeShape",
    "Surrogate",
    "device_elsewhere",
    "enforce",
    "is_elsewhere",
    "named_from",
    "named_surrogate",
    "parse_device",
    "parse_devices",
    "parse_surrogate",
    "require_device_name",
    "settings_in_force",
    "take_fingerprint",
    "with_surrogates",
]
