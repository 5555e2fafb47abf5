"""What the cells of a resource and of a field are taken as: values, the raw text where it differs, findings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.catalogue_words import Words
from connectors.normalise import iso_date, names_a_law, parts, plain_code, whole_number

Tell = Callable[..., None]
"""`tell(code, column, message, done, value)`: reports a finding at the row of that column."""

_TEXTS = ("abstract", "share_condition", "open_condition", "office")
_LISTS = ("duties", "related_codes")


@dataclass(slots=True)
class Taken:
    """What was taken: the values by key, and the text of each that differs from its value."""

    values: dict[str, Any] = field(default_factory=dict)
    raw: dict[str, Any] = field(default_factory=dict)

    def put(self, name: str, value: Any, text: str) -> None:
        """A value and what the cell said; None or an empty list leaves the value unknown."""
        if value is not None and value != []:
            self.values[name] = value
        if value != text and (not isinstance(value, int) or isinstance(value, bool) or str(value) != text):
            self.raw[name] = text


def resource_values(cells: Mapping[str, str], words: Words, tell: Tell) -> Taken:
    """The values of a resource from its cells by column, those that name or hold it aside."""
    taken = Taken()
    for column in _TEXTS:
        if text := cells.get(column):
            taken.put(column, None if words.says_nothing(text) else text, text)
    for column in _LISTS:
        if text := cells.get(column):
            taken.put(column, [part for part in parts(text) if not words.says_nothing(part)], text)
    _classification(cells, words, taken)
    _cycle(cells, words, taken)
    _format(cells, words, tell, taken)
    _methods(cells, words, tell, taken)
    _sharing(cells, words, tell, taken)
    _published(cells, words, tell, taken)
    _contradictions(taken, words, tell)
    return taken


def _classification(cells: Mapping[str, str], words: Words, taken: Taken) -> None:
    said = [cells.get(column, "") for column in ("classification", "class_1", "class_2", "class_3", "class_4")]
    classes = [text for text in said if not words.says_nothing(text)]
    if classes:
        taken.values["classification"] = "/".join(classes)


def _cycle(cells: Mapping[str, str], words: Words, taken: Taken) -> None:
    text = cycle_text(cells, words)
    if not text:
        return
    cycle = words.update_cycle(text)
    taken.put("update_cycle", cycle.value, text)
    if cycle.value and (not cycle.listed or cycle.value == "OTHER"):
        taken.values["update_cycle_text"] = text


def cycle_text(cells: Mapping[str, str], words: Words) -> str:
    """The cell that counts: 更新周期, or 其他更新周期 where the first is empty or 其他."""
    first, other = cells.get("cycle", ""), cells.get("cycle_other", "")
    return other if other and words.says_nothing(first) else first


def _format(cells: Mapping[str, str], words: Words, tell: Tell, taken: Taken) -> None:
    formats = words.formats
    category: str | None = None
    types: list[str] = []
    for column in ("format_category", "format", "format_type"):
        said_there = cells.get(column, "")
        for word in [] if words.says_nothing(said_there) else formats.words(said_there):
            as_category, as_type = formats.category(word), formats.type(word)
            if column != "format_type" and as_category and not category:
                category = as_category
            elif as_type:
                types.append(as_type)
            elif not words.says_nothing(word) and as_category != category:
                done = "not taken; the raw value is kept"
                tell("NOT_ON_LIST", column, f"{word} is no known format", done, word)
    types = list(dict.fromkeys(types))
    category = category or (formats.category_of(types[0]) if types else None)
    said = "; ".join(text for name in ("format", "format_category", "format_type") if (text := cells.get(name)))
    if category:
        taken.values["format_category"] = category
        for name in types:
            if not formats.belongs(name, category):
                column = "format_type" if "format_type" in cells else "format"
                tell("TYPE_NOT_OF_FORMAT", column, f"{name} is no type of {category}", "both are taken", name)
    if types:
        taken.values["format_types"] = types
    if said and said != "; ".join(filter(None, (category, *types))):
        taken.raw["format"] = said


def _methods(cells: Mapping[str, str], words: Words, tell: Tell, taken: Taken) -> None:
    methods: list[str] = []
    said: list[str] = []
    for column in ("share_method_type", "share_method", "share_method_category"):
        text = cells.get(column, "")
        if not text:
            continue
        said.append(text)
        found, unknown = words.share_methods(text)
        if column != "share_method_category" or not methods:
            methods += found
        for word in unknown:
            if not words.says_nothing(word):
                tell(
                    "NOT_ON_LIST", column, f"{word} is no known share method", "not taken; the raw value is kept", word
                )
    if said:
        taken.put("share_methods", list(dict.fromkeys(methods)), "; ".join(said))


def _sharing(cells: Mapping[str, str], words: Words, tell: Tell, taken: Taken) -> None:
    text = cells.get("share_type", "")
    share_type = words.share_type(text) if text else None
    if text:
        taken.put("share_type", share_type, text)
    if text and share_type is None and not words.says_nothing(text):
        tell("NOT_ON_LIST", "share_type", f"{text} is no share type", "it stays unknown; the raw value is kept", text)
    elif share_type is None:
        condition = cells.get("share_condition")
        suggested = words.suggested_share_type(condition)
        done = f"it stays unknown; the condition suggests {suggested}" if suggested else "it stays unknown"
        tell("SHARE_TYPE_MISSING", "share_condition", "no share type is given", done, condition)
    if text := cells.get("open", ""):
        is_open = words.truth(text)
        taken.put("open", is_open, text)
        if is_open is None and not words.says_nothing(text):
            tell(
                "NOT_ON_LIST", "open", f"{text} is neither yes nor no", "it stays unknown; the raw value is kept", text
            )


def _published(cells: Mapping[str, str], words: Words, tell: Tell, taken: Taken) -> None:
    text = cells.get("published", "")
    if not text:
        return
    published = iso_date(text)
    taken.put("published", published, text)
    if published is None and not words.says_nothing(text):
        tell("DATE_UNKNOWN", "published", f"{text} is no date", "it stays unknown; the raw value is kept", text)


def _contradictions(taken: Taken, words: Words, tell: Tell) -> None:
    values = taken.values
    condition = values.get("share_condition")
    as_is = "taken as it is"
    if values.get("share_type") == "CONDITIONAL" and not condition:
        tell("CONDITION_MISSING", "share_condition", "no condition is given", as_is)
    if values.get("share_type") == "WITHHELD":
        if not names_a_law(condition):
            tell("WITHHELD_WITHOUT_BASIS", "share_condition", "the condition names no law", as_is, condition)
        if values.get("open") is True:
            tell("OPEN_BUT_WITHHELD", "open", "open to the public, yet not to be shared", as_is)
    if words.formats.is_file(values.get("format_category")) and "DATABASE" in values.get("share_methods", ()):
        column = "share_method_type"
        tell("FILE_WITH_DATABASE_METHOD", column, "a file cannot be shared as a database", as_is)


def field_values(cells: Mapping[str, str], words: Words, tell: Tell) -> Taken:
    """The values of a field from its row, its name and resource aside."""
    taken = Taken()
    if (text := cells.get("type", "")) and not words.says_nothing(text):
        data_type = words.data_type(text)
        taken.values["raw_type"] = text
        if data_type:
            taken.values["data_type"] = data_type
        else:
            tell("NOT_ON_LIST", "type", f"{text} is no known data type", "it stays unknown; raw_type keeps it", text)
    if text := cells.get("length", ""):
        taken.put("length", whole_number(text), text)
    if (text := cells.get("field_code", "")) and not words.says_nothing(text):
        taken.put("code", plain_code(text), text)
    if (text := cells.get("field_share_type", "")) and not words.says_nothing(text):
        share_type = words.share_type(text)
        taken.put("share_type", share_type, text)
        if share_type is None:
            tell("NOT_ON_LIST", "field_share_type", f"{text} is no share type", "it stays unknown", text)
    return taken
