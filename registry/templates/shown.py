"""How values stand in a workbook to fill in: in the words that the connector of tables takes for them again."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from typing import Any

from connectors.catalogue_words import BUILT_IN
from connectors.table_targets import Target, key_of, value_words
from graph.facts import Kind, Shape
from graph.things import Record

__all__ = ["Labels", "options_of", "shown"]

Labels = Mapping[tuple[Kind, str], str]
"""How things are shown, by kind and id."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def shown(target: Target, record: Record, labels: Labels, zone: tzinfo) -> str:
    """The text of a thing's property in the column of a target; empty where nothing is said."""
    name = target.path.partition(".")[2]
    if name == "id":
        return str(record["id"])
    if name == "name" and record.get("name") == record["id"]:
        return ""  # a record is called by its id where it has no name
    value = record.get(name)
    key = key_of(target.path)
    if value is None or key is None:
        return ""
    if key.shape is Shape.REFERENCE:
        return labels.get((key.to[0], value), value)
    if key.shape is Shape.REFERENCES:
        return "\n".join(value)
    if key.shape is Shape.BOOLEAN:
        return "是" if value else "否"
    if key.shape is Shape.TIME:
        return _time(value, zone)
    words = _words(target)
    if key.shape is Shape.TEXTS:
        return _joined([words.get(item, item) for item in value])
    return words.get(value, str(value))


def options_of(target: Target) -> list[str]:
    """The words that a column of a fixed list offers; empty for others."""
    if target.values is None:
        return []
    return [words[0] for words in value_words()[target.values].values()]


def _joined(items: list[str]) -> str:
    return "、".join(items) if not any(set(item) & set("、,，;；|\n") for item in items) else "\n".join(items)


def _time(instant: int, zone: tzinfo) -> str:
    """A day where it is the start of one in the zone, else the whole time; in UTC what lies outside of the calendar."""
    moment = _EPOCH + timedelta(microseconds=instant)
    if 2 < moment.year < 9998:
        moment = moment.astimezone(zone)
    is_day = (moment.hour, moment.minute, moment.second, moment.microsecond) == (0, 0, 0, 0)
    return moment.date().isoformat() if is_day else moment.isoformat()


def _words(target: Target) -> Mapping[Any, str]:
    """From value to the word that is shown for it."""
    if target.values is not None:
        return {value: words[0] for value, words in value_words()[target.values].items()}
    return _lists().get(target.path, {})


@cache
def _lists() -> Mapping[str, Mapping[str, str]]:
    """The words of columns that take several values of a list, or a text beside those of the list."""
    import tomllib

    words = tomllib.loads(BUILT_IN.read_text(encoding="utf-8"))
    methods = {
        category if method == "category" else method: listed[0]
        for category, table in words["share_methods"].items()
        for method, listed in table.items()
    }
    plain = {name: {value: listed[0] for value, listed in words[name].items()} for name in ("reach", "networks")}
    return {"resource.share_methods": methods, "system.reach": plain["reach"], "system.networks": plain["networks"]}
