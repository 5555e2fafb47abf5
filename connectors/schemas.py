"""JSON schemas as the fields of a resource: `$ref` followed, `allOf` merged, `oneOf` united, bounded at every turn.

flat = Flattening(pointers, file)
flat.fields(schema, base)       # {"person.address[].city": Leaf("string", …), …}
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from connectors.documents import joined

__all__ = ["DATA_TYPES", "Bundle", "Flattening", "Leaf", "Met", "data_type_of"]

MOST_FIELDS = 2_000
"""Fields of one schema; what is more is not taken."""

_DEEPEST = 12
"""How many names a field's name may have."""

_STEPS = 50_000
"""Schemas that are looked at for one set of fields."""

_ALL_STEPS = 3_000_000
"""Schemas that are looked at for all of them."""

Node = Mapping[str, Any]

DATA_TYPES: Mapping[str, str] = {
    "string": "C",
    "integer": "I",
    "number": "N",
    "boolean": "L",
    "string:date": "D",
    "string:date-time": "T",
    "string:time": "T",
    "string:binary": "G",
    "string:byte": "G",
    "number:float": "F",
    "number:double": "B",
    "file": "G",
    **dict.fromkeys(("int", "long", "short", "byte", "unsignedInt", "unsignedLong", "unsignedShort"), "I"),
    **dict.fromkeys(("unsignedByte", "positiveInteger", "nonNegativeInteger", "negativeInteger"), "I"),
    **dict.fromkeys(("token", "normalizedString", "anyURI", "NMTOKEN", "ID", "Name", "NCName", "language"), "C"),
    "decimal": "N",
    "float": "F",
    "double": "B",
    "date": "D",
    "dateTime": "T",
    "time": "T",
    "base64Binary": "G",
    "hexBinary": "G",
}
"""The registry's data types by a schema's `type`, or `type:format`, and by the names of XML Schema's own types."""


def data_type_of(type: str | None, format: str | None = None) -> str | None:
    """The registry's data type, None if there is none for it."""
    return DATA_TYPES.get(f"{type}:{format}") or DATA_TYPES.get(type or "")


@dataclass(frozen=True, slots=True)
class Met:
    """A schema that was met: the node, the document that it stands in, and the references that led to it."""

    node: Node
    base: str
    through: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Leaf:
    """A field of a schema. `where` says in which parts it stands: response, request, path, query, header, cookie."""

    type: str | None = None
    format: str | None = None
    length: int | None = None
    says: tuple[str, ...] = ()
    required: bool = False
    deprecated: bool = False
    again: str | None = None
    where: list[str] = field(default_factory=list)


class Bundle:
    """A document and those beside it that it refers to, by their names; the empty name is the first."""

    def __init__(self, trees: Mapping[str, Any]) -> None:
        self.trees = dict(trees)
        self._anchors: dict[str, dict[str, Any]] = {}

    def at(self, ref: str, base: str) -> tuple[Any, str] | None:
        """What a reference in document `base` leads to, and the document that it stands in; None if to nothing."""
        name, _, fragment = ref.partition("#")
        base = joined(base, name) if name else base
        node = self.trees.get(base)
        if node is None:
            return None
        if fragment and not fragment.startswith("/"):
            found = self._anchor(base, unquote(fragment))
            return None if found is None else (found, base)
        for part in unquote(fragment).split("/")[1:]:
            part = part.replace("~1", "/").replace("~0", "~")
            if isinstance(node, Mapping) and part in node:
                node = node[part]
            elif isinstance(node, list) and re.fullmatch(r"\d{1,6}", part) and int(part) < len(node):
                node = node[int(part)]
            else:
                return None
        return node, base

    def resolve(self, met: Met) -> Met | str:
        """What a node stands for once its references are followed; the reference that leads nowhere, or round."""
        for _ in range(50):
            ref = met.node.get("$ref")
            if not isinstance(ref, str):
                return met
            found = self.at(ref, met.base)
            if found is None or not isinstance(found[0], Mapping):
                return ref
            key = (found[1], ref.partition("#")[2])
            if key in met.through:
                return Met({"$again": ref.rpartition("/")[2]}, found[1], met.through)
            beside = {name: value for name, value in met.node.items() if name != "$ref"}
            met = Met({**found[0], **beside} if beside else found[0], found[1], (*met.through, key))
        return str(met.node.get("$ref"))

    def _anchor(self, base: str, name: str) -> Any:
        if base not in self._anchors:
            self._anchors[base] = {}
            for node in mappings(self.trees[base]):
                for key in ("$anchor", "$dynamicAnchor"):
                    if isinstance(node.get(key), str):
                        self._anchors[base].setdefault(node[key], node)
        return self._anchors[base].get(name)


def mappings(tree: Any) -> Iterator[Node]:
    """Every mapping in a tree, each once, without recursion."""
    waiting, seen = [tree], set()
    while waiting:
        node = waiting.pop()
        if not isinstance(node, Mapping | list) or id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, Mapping):
            yield node
        waiting.extend(node.values() if isinstance(node, Mapping) else node)


class Flattening:
    """Fields of schemas. What was met on the way stands in `lost` (references to nothing) and `cut`."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self.lost: set[str] = set()
        self.cut = False
        self._steps = 0
        self._all_steps = 0

    def fields(self, schema: Any, base: str, skip: str) -> dict[str, Leaf]:
        """The fields of a schema by their dotted names; properties marked `skip` (readOnly, writeOnly) are left out."""
        self._all_steps += self._steps
        self._steps = 0 if self._all_steps < _ALL_STEPS else _STEPS
        found: dict[str, Leaf] = {}
        if isinstance(schema, Mapping):
            self._walk(Met(schema, base), "", found, skip)
        return found

    def _walk(self, met: Met, path: str, found: dict[str, Leaf], skip: str, required: bool = False) -> None:
        self._steps += 1
        if self._steps > _STEPS or len(found) >= MOST_FIELDS:
            self.cut = True
            return
        resolved = self._bundle.resolve(met)
        if isinstance(resolved, str):
            self.lost.add(resolved)
            self._leaf({}, path, found, required)
            return
        node = resolved.node
        if path and node.get(skip) is True:
            return
        shape = self._shape(resolved)
        if path.count(".") >= _DEEPEST or "$again" in node or not (shape.properties or shape.items or shape.others):
            self.cut = self.cut or path.count(".") >= _DEEPEST
            self._leaf(node if "$again" in node else shape.node, path, found, required)
            return
        for name, (inner, needed) in shape.properties.items():
            self._walk(inner, f"{path}.{name}" if path else name, found, skip, needed)
        for inner in shape.items:
            self._walk(inner, f"{path}[]" if path else "", found, skip)
        for inner in shape.others:
            self._walk(inner, f"{path}.*" if path else "*", found, skip)

    def _leaf(self, node: Node, path: str, found: dict[str, Leaf], required: bool) -> None:
        path = clean_path(path)
        if not path:
            return
        leaf = leaf_of(node)
        leaf.required = required
        old = found.get(path)
        if old is None:
            found[path] = leaf
        elif old.type is None:
            leaf.says = old.says or leaf.says
            found[path] = leaf

    def _shape(self, met: Met) -> "_Shape":
        """What a schema has once everything that it is made of is laid together."""
        shape = _Shape()
        waiting = [(met, True)]
        while waiting:
            one, must = waiting.pop()
            self._steps += 1
            if self._steps > _STEPS:
                self.cut = True
                break
            resolved = self._bundle.resolve(one)
            if isinstance(resolved, str):
                self.lost.add(resolved)
                continue
            shape.take(resolved, must)
            for key in ("allOf", "oneOf", "anyOf", "then", "else"):
                parts = resolved.node.get(key)
                parts = parts if isinstance(parts, list) else [parts]
                inner = [Met(part, resolved.base, resolved.through) for part in parts if isinstance(part, Mapping)]
                waiting += [(part, must and key == "allOf") for part in reversed(inner)]
        return shape


class _Shape:
    """Properties, items and the rest of a schema, from all its parts."""

    def __init__(self) -> None:
        self.properties: dict[str, tuple[Met, bool]] = {}
        self.items: list[Met] = []
        self.others: list[Met] = []
        self.node: dict[str, Any] = {}

    def take(self, met: Met, must: bool) -> None:
        """Adds one part; `must` says that it always holds, so that what it requires is required."""
        node = met.node
        for key in ("type", "format", "maxLength", "title", "description", "deprecated", "enum", "const"):
            if node.get(key) is not None:
                self.node.setdefault(key, node[key])
        names = node.get("required")
        required = {name for name in names if isinstance(name, str)} if isinstance(names, list) and must else set()
        properties = node.get("properties")
        for name, inner in properties.items() if isinstance(properties, Mapping) else ():
            schema = inner if isinstance(inner, Mapping) else {}
            if name not in self.properties:
                self.properties[name] = (Met(schema, met.base, met.through), name in required)
        for name in required & self.properties.keys():
            self.properties[name] = (self.properties[name][0], True)
        self.items += [Met(one, met.base, met.through) for one in _many(node, "items", "prefixItems")]
        self.others += [Met(one, met.base, met.through) for one in _many(node, "additionalProperties")]
        patterns = node.get("patternProperties")
        if isinstance(patterns, Mapping):
            self.others += [Met(one, met.base, met.through) for one in patterns.values() if isinstance(one, Mapping)]


def _many(node: Node, *keys: str) -> Iterable[Node]:
    for key in keys:
        value = node.get(key)
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, Mapping) and (one or key == "items"):
                yield one


_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")


def clean_path(path: str) -> str:
    """A field's name without characters that no name may have."""
    return _CONTROL.sub(" ", path).strip()[:500]


def leaf_of(node: Node) -> Leaf:
    """What a schema without further parts says of its field."""
    again = node.get("$again")
    length = node.get("maxLength")
    return Leaf(
        "object" if again else _type(node),
        node["format"] if isinstance(node.get("format"), str) else None,
        length if isinstance(length, int) and not isinstance(length, bool) and 0 <= length < 2**53 else None,
        tuple(
            text for key in ("title", "description") if isinstance(node.get(key), str) and (text := node[key].strip())
        ),
        deprecated=node.get("deprecated") is True,
        again=str(again) if again else None,
    )


def _type(node: Node) -> str | None:
    said = node.get("type")
    if isinstance(said, list):
        said = next((one for one in said if isinstance(one, str) and one != "null"), None)
    if isinstance(said, str):
        return said
    values = node.get("enum")
    value = node["const"] if "const" in node else values[0] if isinstance(values, list) and values else None
    names = ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string"))
    return next((name for kind, name in names if isinstance(value, kind)), None)
