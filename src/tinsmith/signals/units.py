"""Units of sensors: the SenML names (RFC 8428, RFC 8798) and the spellings people use for them."""

from __future__ import annotations

# RFC 8428 table 1 and RFC 8798 tables 1 and 2, then what sensor firmware sends besides.
_SENML = (
    "m kg g s A K cd mol Hz rad sr N Pa J W C V F Ohm S Wb T H Cel lm lx Bq Gy Sv kat m2 m3 l m/s "
    "m/s2 m3/s l/s W/m2 cd/m2 bit bit/s lat lon pH dB dBW Bspl count / % %RH %EL EL 1/s 1/min "
    "beat/min beats S/m B VA VAs var vars J/m kg/m3 deg NTU "
    "ms min h MHz kW kVA kvar Ah Wh kWh varh kvarh kVAh Wh/km KiB GB Mbit/s B/s MB/s mV mA dBm "
    "ug/m3 mm/h m/h ppm /100 /1000 hPa mm cm km km/h"
)
_CUSTOMARY = "N/A na wav rgba rad/s deg/s uT kPa mbar ppb mg/m3 us ns uV uA kHz kOhm"
KNOWN = frozenset(_SENML.split()) | frozenset(_CUSTOMARY.split()) | {""}

_SPELLINGS = {
    "°c": "Cel",
    "degc": "Cel",
    "celsius": "Cel",
    "°": "deg",
    "degrees": "deg",
    "m/s^2": "m/s2",
    "m/s²": "m/s2",
    "m/s/s": "m/s2",
    "ms-2": "m/s2",
    "µt": "uT",
    "μt": "uT",
    "µg/m³": "ug/m3",
    "μg/m³": "ug/m3",
    "µg/m3": "ug/m3",
    "°/s": "deg/s",
    "dps": "deg/s",
    "ω": "Ohm",
    "ohm": "Ohm",
    "rh": "%RH",
    "% rh": "%RH",
    "lux": "lx",
    "bpm": "beat/min",
    "sec": "s",
    "seconds": "s",
    "n/a": "N/A",
}

UNKNOWN = "N/A"


def normalise(unit: str) -> str:
    """The SenML spelling of `unit` where there is one, else `unit` stripped of blanks."""
    text = unit.strip()
    return text if text in KNOWN else _SPELLINGS.get(text.lower(), text)


def is_known(unit: str) -> bool:
    """Whether `unit` is a SenML unit or one that firmware customarily sends."""
    return unit in KNOWN


def unknown_warning(units: dict[str, str]) -> list[str]:
    """One sentence about sensors whose unit is in no list, or nothing.

    Args:
        units: Unit by sensor name.
    """
    odd = [f"{name} in {unit!r}" for name, unit in units.items() if not is_known(unit)]
    return (
        [f"units that are not SenML units were kept as they are: {', '.join(odd)}"] if odd else []
    )
