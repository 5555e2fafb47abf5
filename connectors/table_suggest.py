"""Suggests what the columns of a table are, by the similarity of their headers to known words and by their values.

    suggestion = suggest(["资源名称", "提供部门"], [["人口信息", "市公安局"]])
    suggestion.columns[0].to, suggestion.columns[0].score      # resource.name, 100
    suggestion.mapping()

A table is taken to be about one kind of thing. For each kind every header is given the target that it is most
like, no target to two; the kind for which that goes best is the table's.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from rapidfuzz import fuzz

from connectors.catalogue_workbook import Sheet
from connectors.codes import is_uscc
from connectors.normalise import header_key, iso_date, plain_code, text_of, whole_number
from connectors.table_mapping import Column, TableMapping
from connectors.table_targets import TASK, Target, key_of, targets, values_of
from graph.facts import Kind, Shape, prefix_kind

__all__ = ["LEAST", "Suggested", "Suggestion", "suggest", "suggest_sheet"]

LEAST = 60
"""The score from which on a column is mapped."""
MOST_COLUMNS = 500
_ALTERNATIVES = 3
_SAMPLE = 200
_HEADS = 10
"""Rows of a sheet that may be the headers."""

_LISTS = "、,，;；\n"

_KINDS: Mapping[str, tuple[str, ...]] = {
    "feeds": ("feeds",),
    "reads": ("reads",),
    "field": ("field", "resource"),
    "element": ("element",),
    "resource": ("resource",),
    "system": ("system",),
    "department": ("department",),
    "agreement": ("agreement",),
    TASK: (TASK,),
}
"""What a table may be about, and the kinds that its columns then become keys of."""

_IDENTIFY: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "agreement": (
        ("agreement.consumer", "agreement.name", "agreement.id"),
        ("agreement.name", "agreement.id", "agreement.covers", "agreement.covers.resource", "agreement.covers.field"),
    ),
    "feeds": (
        ("feeds.from", "feeds.from.resource", "feeds.from.field"),
        ("feeds.to", "feeds.to.resource", "feeds.to.field"),
    ),
    "reads": (("reads.system",), ("reads.resource",)),
}
"""What it cannot do without, one of each group; other kinds need a name, a code or an id."""


@dataclass(frozen=True, slots=True)
class Suggested:
    """One column: what it may become (None: nothing known), how sure that is (0–100), and what else it may be."""

    header: str
    to: str | None
    score: int
    alternatives: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What a table seems to be about, column by column. `header_row` is where its headers stand, from 1."""

    kind: str | None
    columns: tuple[Suggested, ...]
    header_row: int | None = None
    sheet: str | None = None

    @property
    def score(self) -> int:
        """How sure it is as a whole: the mean of the columns that are mapped; 0 when there are none."""
        mapped = [column.score for column in self.columns if column.to is not None]
        return round(sum(mapped) / len(mapped)) if self.kind and mapped else 0

    def mapping(self, title: str = "") -> TableMapping | None:
        """The suggestion as a mapping; None if nothing was recognised."""
        if self.kind is None:
            return None
        columns = [
            Column(
                header=(one.header,), to=self._to(one.to), split=_LISTS if one.to == "agreement.covers.field" else None
            )
            for one in self.columns
            if one.to is not None
        ]
        paths = {path for column in columns for path in column.to}
        constants = {"agreement.status": "SUBMITTED"} if _is_demand(self.kind, paths) else {}
        return TableMapping(title=title, columns=tuple(columns), constants=constants)

    def _to(self, path: str | None) -> tuple[str, ...]:
        if path is None:
            return ()
        named = any(one.to == "agreement.name" for one in self.columns)
        return ("agreement.name", path) if path == "agreement.covers.resource" and not named else (path,)


def _is_demand(kind: str, paths: set[str]) -> bool:
    """Whether agreements say nothing of having been made: then they are asked for."""
    made = {"agreement.status", "agreement.valid_from", "agreement.valid_to", "agreement.document"}
    return kind == "agreement" and not paths & made


def suggest_sheet(sheet: Sheet) -> Suggestion:
    """The best suggestion over the rows of a sheet that may be its headers."""
    best = Suggestion(None, (), None, sheet.name or None)
    highest = 0.0
    rows = list(sheet.rows[: _HEADS + _SAMPLE])
    for at in range(min(len(rows), _HEADS)):
        for headers, last in _heads(sheet, rows, at):
            texts = [[text_of(cell) for cell in row] for _, row in rows[last + 1 :]]
            found = suggest(headers, texts)
            worth = _worth(found) - at / 100
            if found.kind is not None and worth > highest:
                highest = worth
                best = Suggestion(found.kind, found.columns, rows[last][0], sheet.name or None)
    if best.kind is None and rows:
        headers = next((head for head, _ in _heads(sheet, rows, 0)), [])
        best = Suggestion(None, suggest(headers, []).columns, rows[0][0], sheet.name or None)
    return best


def _heads(sheet: Sheet, rows: Sequence[tuple[int, Sequence[object]]], at: int) -> list[tuple[list[str], int]]:
    """The headers that a row gives, alone and, under merged cells, with the one below it; and the last row of them."""
    number, cells = rows[at]
    upper = [text_of(cell) for cell in cells]  # type: ignore[arg-type]
    found = [(upper, at)]
    merged = [merge for merge in sheet.merges if merge[0] == number]
    if merged and at + 1 < len(rows):
        lower = [text_of(cell) for cell in rows[at + 1][1]]  # type: ignore[arg-type]
        width = max(len(upper), len(lower))
        above, below = (row + [""] * (width - len(row)) for row in (upper, lower))
        found.append(([low or high for high, low in zip(above, below, strict=True)], at + 1))
    return found


def suggest(headers: Sequence[str], rows: Sequence[Sequence[str]] = ()) -> Suggestion:
    """What the columns under `headers` are; `rows` is a sample of what stands below them."""
    headers = list(headers[:MOST_COLUMNS])
    scores = [_scores(header, _sample(rows, place)) for place, header in enumerate(headers)]
    best: dict[int, str] = {}
    kind: str | None = None
    highest = 0.0
    for name, kinds in _KINDS.items():
        given = _given(scores, kinds)
        worth = sum(scores[place][path] - 50 for place, path in given.items())
        if _identified(name, set(given.values())) and worth > highest:
            kind, best, highest = name, given, worth
    return Suggestion(
        kind,
        tuple(_suggested(header, best.get(place), scores[place]) for place, header in enumerate(headers) if header),
    )


def _worth(found: Suggestion) -> float:
    return sum(column.score - 50 for column in found.columns if column.to is not None)


def _identified(kind: str, paths: set[str]) -> bool:
    needed = tuple(path for path, target in targets().items() if target.kind == kind and target.needed)
    names = (*needed, f"{kind}.id", f"{kind}.code")
    if kind == "field":
        names = ("field.name", "field.code", "field.id")
    return all(paths & set(group) for group in _IDENTIFY.get(kind, (names,)))


def _suggested(header: str, path: str | None, scores: Mapping[str, float]) -> Suggested:
    ranked = sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))
    others = tuple((other, round(score)) for other, score in ranked if other != path and score >= 40)
    return Suggested(header, path, round(scores[path]) if path else 0, others[:_ALTERNATIVES])


def _given(scores: Sequence[Mapping[str, float]], kinds: tuple[str, ...]) -> dict[int, str]:
    """Of each column the target that it is most like, the surest first, no target to two columns."""
    order = {path: at for at, path in enumerate(targets())}
    pairs = [
        (-score, order[path], place, path)
        for place, row in enumerate(scores)
        for path, score in row.items()
        if score >= LEAST and path.partition(".")[0] in kinds and not (path == "field.resource" and len(kinds) > 1)
    ]
    given: dict[int, str] = {}
    taken: set[str] = set()
    for _, _, place, path in sorted(pairs):
        if place not in given and path not in taken:
            given[place] = path
            taken.add(path)
    return given


def _sample(rows: Sequence[Sequence[str]], place: int) -> list[str]:
    texts = (row[place].strip() for row in rows[:_SAMPLE] if place < len(row))
    return [text for text in texts if text]


def _scores(header: str, sample: Sequence[str]) -> dict[str, float]:
    """How much a column is like each target, 0–100; those that it is not like at all are left out."""
    key = header_key(header)
    if not key:
        return {}
    found: dict[str, float] = {}
    for path, target in targets().items():
        like = max(_alike(key, word) for word in _keys(path))
        if like >= 40:
            found[path] = max(0.0, min(100.0, like + _evidence(target, sample)))
    if "field.resource" in found:
        found["resource.name"] = max(found.get("resource.name", 0), found["field.resource"])
    return found


@cache
def _keys(path: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(header_key, targets()[path].headers())))


def _alike(key: str, word: str) -> float:
    """Equal is 100; else the share of letters in common, and more where one holds the other."""
    if key == word:
        return 100
    like = fuzz.ratio(key, word) * 0.9
    least = 4 if word.isascii() else 2
    if len(word) >= least and word in key:
        like = max(like, 60 + 35 * len(word) / len(key))
    elif len(key) >= least and key in word:
        like = max(like, 50 + 35 * len(key) / len(word))
    return min(like, 96)


def _evidence(target: Target, sample: Sequence[str]) -> float:
    """What the values say for a target or against it."""
    if not sample:
        return 0
    name = target.path.rpartition(".")[2]
    if name == "uscc":
        return _for(sample, lambda text: is_uscc(plain_code(text).upper()), 15, -25)
    if name == "id" and target.kind in Kind._value2member_map_:
        return _for(sample, lambda text: prefix_kind(text) is Kind(target.kind), 30, -15)
    if target.values is not None:
        words = values_of(target.values)
        return _for(sample, lambda text: header_key(text) in words, 15, -10)
    key = key_of(target.path)
    if key is not None and key.shape is Shape.INTEGER:
        return _for(sample, lambda text: whole_number(text) is not None, 5, -45)
    if (key is not None and key.shape is Shape.TIME) or name == "published":
        return _for(sample, lambda text: iso_date(text) is not None, 5, -45)
    long = sum(map(len, sample)) / len(sample) > 80
    return -20 if long and name in ("name", "code", "provider", "department", "consumer", "source") else 0


def _for(sample: Sequence[str], fits: Callable[[str], bool], yes: float, no: float) -> float:
    share = sum(map(fits, sample)) / len(sample)
    return yes if share >= 0.8 else no if share < 0.2 else 0
