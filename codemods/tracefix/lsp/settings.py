"""What the client has set for tracefix, under `tracefix` in its own settings."""

from __future__ import annotations

import difflib
import enum
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from tracefix.config import Config

_OWN = ("root", "verify", "verbosity")  # of Config's, those that no client sets
_OPTIONS = {  # by their names in pyproject.toml
    field.name.replace("_", "-"): field.name for field in fields(Config) if field.name not in _OWN
}
_OTHERS = ("verify", "trace")  # `trace` is of the client: what it logs of the protocol


class Verify(str, enum.Enum):
    """When modules are run, to verify their fixes."""

    OFF = "off"
    ON_REQUEST = "onRequest"
    ON_SAVE = "onSave"


@dataclass(frozen=True)
class Settings:
    """A client's settings for one document; `options` has Config's names and replaces them."""

    verify: Verify = Verify.ON_REQUEST
    options: Mapping[str, object] = field(default_factory=dict)
    complaints: tuple[str, ...] = ()  # what was set and cannot be taken


def settings_from(value: object) -> Settings:
    """The settings in what a client sends: an object, or anything else for none."""
    if not isinstance(value, Mapping):
        return Settings()
    known = (*_OPTIONS, *_OTHERS)
    complaints = [_unknown(key, known) for key in value if key not in known]
    given = {key: value[key] for key in _OPTIONS if value.get(key) is not None}
    verify = value.get("verify")
    verify = Verify.ON_REQUEST.value if verify is None else verify
    if verify not in [each.value for each in Verify]:
        words = ", ".join(each.value for each in Verify)
        complaints.append(f"setting tracefix.verify: must be one of {words}; not {verify!r}")
        verify = Verify.OFF  # whatever was meant, nothing is run that was not clearly asked for
    options = {_OPTIONS[key]: setting for key, setting in given.items()}
    return Settings(Verify(verify), options, tuple(complaints))


def setting_name(option: str) -> str:
    """What the client's user calls one of Config's fields."""
    return f"setting tracefix.{option.replace('_', '-')}"


def _unknown(key: object, known: tuple[str, ...]) -> str:
    close = difflib.get_close_matches(str(key), known, 1)
    meant = f" (did you mean {close[0]!r}?)" if close else ""
    return f"setting tracefix.{key}: unknown{meant}"
