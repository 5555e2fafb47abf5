"""Adding sources to `registry.toml` and taking them out, with everything else in the file left as it is."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from registry.report import replacing
from registry.settings import SettingsError, config_file
from registry.sources.configured import Configured, made

__all__ = ["add_source", "read_values", "remove_source"]


def add_source(name: str, values: dict[str, Any]) -> Configured:
    """Write a source into the settings file, which is made if it is not there. Raises SettingsError."""
    file = config_file()
    document = _document(file)
    tables = document.setdefault("sources", tomlkit.table(is_super_table=True))
    if name in tables:
        raise SettingsError(f"There is a source {name} in {file} already; remove it first, or edit the file.")
    made_ = made(name, values, file)
    table = tomlkit.table()
    for key, value in values.items():
        table[key] = _inline(value)
    tables[name] = table
    _write(file, document)
    return made_


def remove_source(name: str) -> bool:
    """Take a source out of the settings file; false if it was not in it. Raises SettingsError."""
    file = config_file()
    document = _document(file)
    tables = document.get("sources")
    if tables is None or name not in tables:
        return False
    del tables[name]
    if not tables:
        del document["sources"]
    _write(file, document)
    return True


def read_values(given: Sequence[str]) -> dict[str, Any]:
    """`key=value` as it stands on a command line; what is TOML is read as such, everything else is a text.

    A dotted key is a table: `password.env=NAME`. Raises SettingsError.
    """
    values: dict[str, Any] = {}
    for text in given:
        key, sign, value = text.partition("=")
        if not sign or not key.strip():
            raise SettingsError(f"{text!r}: write KEY=VALUE, such as url=postgresql://reader@db1/people.")
        *tables, last = key.strip().split(".")
        place = values
        for table in tables:
            place = place.setdefault(table, {})
            if not isinstance(place, dict):
                raise SettingsError(f"{text!r}: {table} is a value already, so it can have no key below it.")
        place[last] = _value(value)
    return values


def _value(text: str) -> Any:
    try:
        return tomlkit.parse(f"value = {text}").unwrap()["value"]
    except TOMLKitError:
        return text


def _inline(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    table = tomlkit.inline_table()
    table.update(value)
    return table


def _document(file: Path) -> tomlkit.TOMLDocument:
    try:
        return tomlkit.parse(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return tomlkit.document()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"The settings file {file} cannot be read ({error}).") from error
    except TOMLKitError as error:
        raise SettingsError(f"The settings file {file} is not TOML: {error}.") from error


def _write(file: Path, document: tomlkit.TOMLDocument) -> None:
    mode = file.stat().st_mode & 0o777 if file.exists() else None
    try:
        with replacing(file) as out:
            out.write(tomlkit.dumps(document).encode())
        if mode is not None:
            file.chmod(mode)
    except OSError as error:
        raise SettingsError(f"The settings file {file} cannot be written ({error.strerror}).") from error
