"""Why an element is suggested for a name, in a sentence that a planner can argue with."""

from collections import Counter

from graph.matching.grams import Ints
from graph.matching.learned import Held
from graph.matching.rewrites import Variant, canonical
from graph.matching.words import words

_FEW = 2


def reason(
    key: str, variant: Variant, element: str, element_key: str, number: int, table: str, held: Held | None
) -> str:
    """The strongest thing that speaks for an element, given its name, its key and its number."""
    return (
        _same_bound(key, number, held)
        or (f"the name of the data element itself: {element}" if key == element_key else "")
        or _rewritten(key, variant, element, element_key)
        or (f"{key} and {element} say the same in other words" if canonical(key) == canonical(element_key) else "")
        or _alike_bound(key, number, held)
        or _shared(key, element, element_key, table)
    )


def _same_bound(key: str, number: int, held: Held | None) -> str:
    if held is None or key not in held.field_number:
        return ""
    rows = held.rows_of(held.field_number[key])
    rows = rows[held.element[rows] == number]
    return f"{key} is bound to it in {_where(rows, held)}" if len(rows) else ""


def _where(rows: Ints, held: Held) -> str:
    tables = set(zip(held.table[rows].tolist(), held.department[rows].tolist(), strict=True))
    counted = Counter(held.departments[department] for _, department in tables)
    named = [f"{name} ({count})" for name, count in sorted(counted.items(), key=lambda one: (-one[1], one[0])) if name]
    of = f", of {', '.join(named[:_FEW])}{' and others' if len(named) > _FEW else ''}" if named else ""
    return f"{len(tables)} table{'s' if len(tables) > 1 else ''}{of}"


def _rewritten(key: str, variant: Variant, element: str, element_key: str) -> str:
    if not variant.part:
        bare = variant.key != key and variant.key == element_key
        return f"{key} without what is usual or in brackets is {element}" if bare else ""
    exactly = "" if variant.key == element_key else f", which is like {element}"
    return f"{variant.part} is often written {variant.to or 'without'} (rule): {key} becomes {variant.key}{exactly}"


def _alike_bound(key: str, number: int, held: Held | None) -> str:
    if held is None:
        return ""
    rows = held.rows_of_element(number)
    if not len(rows):
        return ""
    names = {held.fields[field] for field in held.field[rows].tolist()}
    close = max(sorted(names), key=lambda name: _overlap(name, key))
    if _overlap(close, key) <= 0.5:
        return ""
    where = _where(rows[held.field[rows] == held.field_number[close]], held)
    return f"{close}, which is like {key}, is bound to it in {where}"


def _overlap(one: str, other: str) -> float:
    return len(set(one) & set(other)) / max(len(set(one) | set(other)), 1)


def _shared(key: str, element: str, element_key: str, table: str) -> str:
    shared = "".join(dict.fromkeys(character for character in element_key if character in key))
    from_table = "".join(
        dict.fromkeys(character for character in element_key if character in words(table).key and character not in key)
    )
    told = f"{key} shares {shared} with {element}" if shared else f"tables like this one have {element}"
    return told + (f"; {from_table} is in the table's name" if from_table and shared else "")
