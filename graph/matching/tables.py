"""The tables by which names are compared, as data: `*.toml` beside this module, and a registry's own laid over them.

    lay(Path("matching.toml"))          # once, before anything is compared
    read("words")["suffixes"]

A registry's own file has the same tables by their names. Of a list its words come first, `replace = ["suffixes"]` in
a table empties lists before; of a table its keys count.
"""

import hashlib
import tomllib
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import orjson

from graph.dated import Table, open_file

__all__ = ["NAMES", "kept", "laid", "lay", "read", "version"]

NAMES = ("words", "synonyms", "telling", "columns")
_HERE = Path(__file__).parent
_REPLACE = "replace"

F = TypeVar("F", bound=Callable[..., Any])

_own: dict[str, Mapping[str, Any]] = {}
_caches: list[Callable[[], None]] = []


def kept(most: int) -> Callable[[F], F]:
    """What a function of the tables answers is kept, until other tables are laid."""

    def mark(function: F) -> F:
        cached = lru_cache(maxsize=most)(function)
        _caches.append(cached.cache_clear)
        return cached  # type: ignore[return-value]

    return mark


def lay(file: Path | None) -> None:
    """Lay a registry's own tables over those shipped, for this process. Raises WrongFile, that names the place."""
    found = {} if file is None else _checked(open_file(file))
    if found == _own:
        return
    _own.clear()
    _own.update(found)
    for clear in _caches:
        clear()


@kept(len(NAMES))
def read(name: str) -> Mapping[str, Any]:
    """A table: what is shipped, with what was laid over it."""
    return laid(_shipped(name), _own.get(name, {}))


@kept(1)
def version() -> str:
    """What stands for all that the tables say."""
    content = orjson.dumps({name: read(name) for name in NAMES}, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(content).hexdigest()[:8]


def laid(shipped: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """`own` laid over what is shipped."""
    emptied = own.get(_REPLACE, ())
    return {name: _over(value, own.get(name), emptied=name in emptied) for name, value in shipped.items()}


def _over(shipped: Any, own: Any, *, emptied: bool) -> Any:
    if isinstance(shipped, dict):
        return {**({} if emptied else shipped), **(own or {})}
    return [*(own or ()), *(() if emptied else shipped)]


@lru_cache(maxsize=len(NAMES))
def _shipped(name: str) -> Mapping[str, Any]:
    return tomllib.loads((_HERE / f"{name}.toml").read_text(encoding="utf-8"))


def _checked(file: Table) -> dict[str, Mapping[str, Any]]:
    file.only(*NAMES)
    return {name: _table(file.table(name), _shipped(name)) for name in NAMES if name in file}


def _table(table: Table, shipped: Mapping[str, Any]) -> Mapping[str, Any]:
    """A registry's own table, of the same shape as the one that is shipped."""
    table.only(*shipped, _REPLACE)
    for name in table.texts(_REPLACE):
        if name not in shipped:
            raise table.wrong(_REPLACE, f"there is no list {name}; there are {', '.join(shipped)}")
    for name in table.values:
        if name != _REPLACE:
            _check(table, name, shipped[name])
    return table.values


def _check(table: Table, name: str, shipped: Any) -> None:
    own = table.values[name]
    if isinstance(shipped, dict):
        inside = table.table(name)
        for key in inside.values:
            inside.texts(key)
    elif isinstance(shipped[0], list):
        groups = isinstance(own, list) and all(isinstance(one, list) and len(one) > 1 for one in own)
        if not groups or not all(isinstance(word, str) and word for one in own for word in one):
            raise table.wrong(
                name, 'must be a list of lists of words that mean the same, such as [["低保", "最低生活保障"]]'
            )
    else:
        table.texts(name)
