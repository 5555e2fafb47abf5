"""Files of dated data (rule profiles, work calendars): TOML, read strictly.

    top = open_file(path)
    for table in top.tables("day"):
        day = table.day("date")

Whatever is wrong in one is a WrongFile that names the file, the place in it, and what may stand there.
"""

import difflib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

__all__ = ["Table", "WrongFile", "open_file"]


class WrongFile(ValueError):
    """A file of dated data says something that it cannot say."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a file; `place` says which to whoever wrote it."""

    file: str
    place: str
    values: Mapping[str, Any]

    def wrong(self, key: str, message: str) -> WrongFile:
        """The error of a key, to be raised."""
        where = ", ".join(part for part in (self.place, key) if part)
        return WrongFile(f"{self.file}, {where}: {message}")

    def only(self, *keys: str) -> None:
        """Refuse keys that are not among `keys`."""
        for key in self.values:
            if key not in keys:
                close = difflib.get_close_matches(key, keys, n=1, cutoff=0.6)
                meant = f"did you mean {close[0]}?" if close else f"there are {', '.join(keys)}"
                raise self.wrong(key, f"there is no such key; {meant}")

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def text(self, key: str, default: str | None = None) -> str:
        """A text that says something."""
        return str(self._of(key, str, "a text", default, str.strip))

    def flag(self, key: str, default: bool | None = None) -> bool:
        """True or false."""
        return bool(self._of(key, bool, "true or false", default))

    def day(self, key: str) -> date:
        """A day."""
        found: date = self._of(key, date, "a day, such as 2027-01-01, without quotation marks", None, _is_day)
        return found

    def days(self, key: str) -> list[date]:
        """Days; none where there is no such key."""
        what = "a list of days, such as [2027-01-09]"
        return list(self._of(key, list, what, [], lambda found: all(map(_is_day, found))))

    def whole(self, key: str, most: int, default: int | None = None) -> int:
        """A whole number from 0."""
        return int(
            self._of(key, int, f"a whole number from 0 to {most:,}", default, lambda number: 0 <= number <= most)
        )

    def texts(self, key: str) -> tuple[str, ...]:
        """Texts, or one text; none where there is no such key."""
        if isinstance(self.values.get(key), str):
            return (self.text(key),)
        return tuple(
            self._of(key, list, "a list of texts", [], lambda found: all(isinstance(one, str) for one in found))
        )

    def table(self, key: str) -> "Table":
        """A table within; an empty one where there is no such key."""
        found = self._of(key, dict, "a table", {})
        return Table(self.file, ", ".join(part for part in (self.place, key) if part), found)

    def tables(self, key: str, name: str | None = None) -> Iterator["Table"]:
        """A list of tables, each called by its number, or by its `name` where it has one."""
        found = self._of(key, list, f"a list of tables: [[{key}]]", [])
        for number, values in enumerate(found, start=1):
            if not isinstance(values, dict):
                raise self.wrong(key, f"must be a list of tables: [[{key}]]")
            called = str(values[name]) if name in values else f"number {number}"
            yield Table(self.file, ", ".join(part for part in (self.place, f"{key} {called}") if part), values)

    def _of(self, key: str, type: type, what: str, default: Any, fits: Any = None) -> Any:
        found = self.values.get(key, default)
        if found is None:
            raise self.wrong(key, f"has to be given: {what}")
        wrong_type = not isinstance(found, type) or (type is not bool and isinstance(found, bool))
        if wrong_type or (fits is not None and not fits(found)):
            raise self.wrong(key, f"must be {what}, not {found!r}")
        return found


def _is_day(value: object) -> bool:
    return isinstance(value, date) and not isinstance(value, datetime)


def open_file(path: Path) -> Table:
    """A file's whole content. Raises WrongFile."""
    try:
        return Table(str(path), "", tomllib.loads(path.read_text(encoding="utf-8-sig")))
    except OSError as error:
        raise WrongFile(f"{path} cannot be read ({error.strerror or error})") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise WrongFile(f"{path} is not TOML in UTF-8: {error}") from error
