"""JSON and YAML from strangers as plain trees, and a look at what a JSON file is without reading all of it.

tree = parse_tree(content)          # dict, list, text, number, bool or None; raises NotTree
outline(path).keys                  # the keys of the outermost object, with their scalar values
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson
import yaml

from connectors.errors import Unread

__all__ = ["NotTree", "Outline", "is_yaml_with", "outline", "parse_json", "parse_tree", "parse_yaml"]

_DEEPEST = 200
_YAML_BYTES = 10_000_000
_EXPANDED = 5_000_000
"""Nodes that a YAML document may have when every alias is written out."""

_MERGED = 200_000
"""Keys that `<<` may bring in, in all."""


class NotTree(Unread):
    """A text that is no JSON or YAML, or is not taken."""


def parse_tree(content: bytes) -> Any:
    """JSON or YAML, whichever it is. Raises NotTree."""
    content = _utf8(content)
    return parse_json(content) if content.lstrip()[:1] in (b"{", b"[") and not _flow(content) else parse_yaml(content)


def _flow(content: bytes) -> bool:
    """Whether what begins like JSON does not begin with a JSON key: YAML may look like that."""
    return re.match(rb"\s*\{\s*[^\s\"}]", content) is not None


def parse_json(content: bytes) -> Any:
    """JSON. Raises NotTree."""
    try:
        tree = orjson.loads(_utf8(content))
    except orjson.JSONDecodeError as error:
        raise NotTree(f"it is no proper JSON ({error.msg.partition(':')[0]})", error.lineno, error.colno) from None
    _look_over(tree)
    return tree


def _utf8(content: bytes) -> bytes:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return content.decode("utf-16").encode()
        except UnicodeError:
            raise NotTree("it is no proper UTF-16") from None
    return content.removeprefix(b"\xef\xbb\xbf")


class _Loader(yaml.CSafeLoader):  # type: ignore[misc]
    """Plain trees only: no dates, no octal numbers, `<<` within a limit."""

    def __init__(self, stream: Any) -> None:
        super().__init__(stream)
        self._merged = 0

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """What `<<` brings in, before what the mapping says itself."""
        brought: list[tuple[yaml.Node, yaml.Node]] = []
        own = []
        for key, value in node.value:
            if key.tag != "tag:yaml.org,2002:merge":
                own.append((key, value))
                continue
            for one in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                if not isinstance(one, yaml.MappingNode) or one is node:
                    raise NotTree("`<<` must name a mapping", key.start_mark.line + 1, key.start_mark.column + 1)
                self._merged += 1 + len(one.value)
                if self._merged > _MERGED:
                    raise NotTree("its `<<` bring in too much", key.start_mark.line + 1)
                self.flatten_mapping(one)
                brought += one.value
        node.value = brought + own


_Loader.yaml_constructors = {
    tag: construct
    for tag, construct in yaml.CSafeLoader.yaml_constructors.items()
    if tag is None or tag.rpartition(":")[2] in ("map", "seq", "str", "int", "float", "bool", "null")
}
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag.rpartition(":")[2] in ("null", "merge")]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"-?(?:0|[1-9]\d{0,17})$"), list("-0123456789"))
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"-?(?:0|[1-9]\d{0,17})(?:\.\d{1,30})?(?:[eE][-+]?\d{1,3})?$"),
    list("-0123456789"),
)


def parse_yaml(content: bytes) -> Any:
    """YAML, one document; mappings have texts as keys. Raises NotTree."""
    if len(content) > _YAML_BYTES:
        raise NotTree(f"it is longer than the {_YAML_BYTES:,} bytes that are read of YAML")
    loader = None
    try:
        loader = _Loader(content)
        tree = loader.get_single_data()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = (mark.line + 1, mark.column + 1) if mark is not None else (None, None)
        raise NotTree(f"it is no proper YAML ({error.problem or 'not readable'})", *where) from None
    except (yaml.YAMLError, ValueError, TypeError, AttributeError, RecursionError, LookupError):
        raise NotTree("it is no proper YAML") from None
    finally:
        if loader is not None:
            loader.dispose()
    _look_over(tree)
    return _with_text_keys(tree, {})


def _look_over(tree: Any) -> None:
    """Refuses what is too deep, holds itself, or is too much when every alias is written out. Raises NotTree."""
    sizes: dict[int, int] = {}
    open_: set[int] = set()
    stack: list[tuple[Any, bool]] = [(tree, False)]
    while stack:
        node, done = stack.pop()
        if not isinstance(node, dict | list):
            continue
        inner = node.values() if isinstance(node, dict) else node
        if done:
            open_.discard(id(node))
            sizes[id(node)] = 1 + sum(sizes[id(one)] if isinstance(one, dict | list) else 1 for one in inner)
            if sizes[id(node)] > _EXPANDED:
                raise NotTree("its aliases stand for too much")
            continue
        if id(node) in sizes:
            continue
        if id(node) in open_:
            raise NotTree("a part of it holds itself")
        open_.add(id(node))
        if len(open_) > _DEEPEST:
            raise NotTree(f"it is nested more than {_DEEPEST} deep")
        stack.append((node, True))
        stack.extend((one, False) for one in inner if isinstance(one, dict | list))


def _with_text_keys(node: Any, made: dict[int, Any]) -> Any:
    """The same tree with every key a text: YAML reads 200 as a number. What is shared stays shared."""
    if not isinstance(node, dict | list):
        return node
    if id(node) not in made:
        if isinstance(node, list):
            made[id(node)] = [_with_text_keys(one, made) for one in node]
        else:
            made[id(node)] = {_key(key): _with_text_keys(value, made) for key, value in node.items()}
    return made[id(node)]


def _key(key: Any) -> str:
    if isinstance(key, bool):
        return "true" if key else "false"
    return key if isinstance(key, str) else "" if key is None else str(key)


@dataclass(frozen=True, slots=True)
class Outline:
    """What a JSON file is, as far as was looked: the keys of its object, or of the first one in its list.

    A key's value is the scalar that it has, or `{}` or `[]`. `inner` has the keys of the objects one level below.
    """

    is_list: bool = False
    keys: Mapping[str, Any] = field(default_factory=dict)
    inner: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


_NONE = Outline()
_WHOLE = 8_000_000
"""Bytes of a file that is parsed to know it; of a longer one the beginning is looked at."""

_HEAD = 262_144


def outline(path: Path) -> Outline:
    """What a JSON file is; nothing for a file of another kind. Cheap, and never raises."""
    try:
        stat = path.stat()
        if not path.is_file():
            return _NONE
    except (OSError, ValueError):
        return _NONE
    return _outline(path, stat.st_mtime_ns, stat.st_size, stat.st_ino)


@lru_cache(maxsize=8)
def _outline(path: Path, changed: int, size: int, inode: int) -> Outline:
    try:
        with path.open("rb") as file:
            content = file.read(_HEAD)
            if content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] not in (b"{", b"["):
                return _NONE
            if size <= _WHOLE:
                content += file.read(_WHOLE)
    except OSError:
        return _NONE
    try:
        tree = orjson.loads(content.removeprefix(b"\xef\xbb\xbf")) if size <= _WHOLE else _beginning(content)
    except orjson.JSONDecodeError:
        return _NONE
    is_list = isinstance(tree, list)
    if isinstance(tree, list):
        tree = tree[0] if tree else None
    if not isinstance(tree, dict):
        return Outline(is_list)
    inner = {key: _kinds(value) for key, value in tree.items() if isinstance(value, dict)}
    inner |= {key: _kinds(value[0]) for key, value in tree.items() if _objects(value)}
    return Outline(is_list, _kinds(tree), inner)


def _objects(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _kinds(node: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        key: {} if isinstance(value, dict) else [] if isinstance(value, list) else value for key, value in node.items()
    }


_TOKEN = re.compile(rb'"(?:[^"\\]|\\.){0,10000}"|[\[\]{}:,]|[^\s"\[\]{}:,]{1,100}')


def _beginning(content: bytes) -> Any:
    """The tree of a JSON text that is cut: what is open at the cut is closed there."""
    content = content.removeprefix(b"\xef\xbb\xbf")
    open_: list[bytes] = []
    end, closing = 0, b""
    for token in _TOKEN.finditer(content):
        word = token[0]
        if word in (b"{", b"["):
            open_.append(b"}" if word == b"{" else b"]")
            if len(open_) > _DEEPEST:
                break
        elif word in (b"}", b"]"):
            if not open_ or open_.pop() != word:
                break
        elif word == b",":
            end, closing = token.start(), b"".join(reversed(open_))
    return orjson.loads(content[:end] + closing)


def is_yaml_with(content: bytes, keys: Sequence[str]) -> bool:
    """Whether the beginning of a text has one of these keys at its outermost level, as YAML writes them."""
    names = "|".join(map(re.escape, keys)).encode()
    return re.search(rb"(?:\A|\n)(?:\xef\xbb\xbf)?[\"']?(?:" + names + rb")[\"']?[ \t]*:", content) is not None
