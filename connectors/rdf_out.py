"""RDF written as it comes: small trees of nodes as Turtle, JSON-LD or RDF/XML, one after the other, in flat memory."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from xml.sax.saxutils import escape, quoteattr

__all__ = ["MEDIA_TYPES", "Form", "Iri", "Node", "Several", "Text", "safe_iri", "write"]

Form = Literal["turtle", "json-ld", "rdf-xml"]
MEDIA_TYPES: Mapping[Form, str] = {
    "turtle": "text/turtle",
    "json-ld": "application/ld+json",
    "rdf-xml": "application/rdf+xml",
}


@dataclass(frozen=True, slots=True)
class Iri:
    """A reference to a node."""

    iri: str


@dataclass(frozen=True, slots=True)
class Text:
    """A literal: in a language, of a datatype (`xsd:date`), or plain."""

    text: str
    language: str | None = None
    datatype: str | None = None


@dataclass(slots=True)
class Node:
    """A node and what is said of it, predicates as `prefix:name`; blank without an iri."""

    iri: str | None = None
    says: list[tuple[str, "Value"]] = field(default_factory=list)
    types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Several:
    """Nodes in order, as a list."""

    nodes: tuple[Node, ...]


Value = Iri | Text | Node | Several

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_CHUNK = 65_536


def write(nodes: Iterable[Node], form: Form, prefixes: Mapping[str, str]) -> Iterator[str]:
    """The document in pieces of some 64 KB, whatever its length."""
    start, between, end, one = _WRITERS[form](prefixes)
    pieces, length = [start], len(start)
    for at, node in enumerate(nodes):
        text = (between if at else "") + one(node)
        pieces.append(text)
        length += len(text)
        if length >= _CHUNK:
            yield "".join(pieces)
            pieces, length = [], 0
    yield "".join((*pieces, end))


def safe_iri(text: str) -> str:
    """An address with what must not stand in one written as %XX."""
    return re.sub(r"[\x00-\x20<>\"{}|^`\\\x7f-\x9f\ud800-\udfff]", _percent, text)


def _percent(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "replace"))


_ODD = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def _clean(text: str) -> str:
    """A text without the characters that no XML may hold; the same in all forms."""
    return _ODD.sub("\ufffd", text)


# ---- Turtle


def _turtle(prefixes: Mapping[str, str]) -> Any:
    start = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in prefixes.items()) + "\n"
    return start, "", "", lambda node: f"{_turtle_node(node)} .\n\n"


def _turtle_node(node: Node) -> str:
    says = [f"a {', '.join(node.types)}"] if node.types else []
    says += [f"{name} {_turtle_value(value)}" for name, value in node.says]
    inner = " ;\n    ".join(says)
    return f"<{safe_iri(node.iri)}> {inner}" if node.iri is not None else f"[ {inner} ]"


def _turtle_value(value: Value) -> str:
    match value:
        case Iri():
            return f"<{safe_iri(value.iri)}>"
        case Text():
            mark = f"@{value.language}" if value.language else f"^^{value.datatype}" if value.datatype else ""
            return json.dumps(_clean(value.text), ensure_ascii=False).replace("\x7f", "\\u007F") + mark
        case Several():
            return f"( {' '.join(map(_turtle_node, value.nodes))} )"
        case Node():
            return _turtle_node(value)


# ---- JSON-LD


def _json_ld(prefixes: Mapping[str, str]) -> Any:
    start = f'{{"@context": {json.dumps(dict(prefixes))}, "@graph": [\n'
    return start, ",\n", "\n]}\n", lambda node: json.dumps(_json_node(node), ensure_ascii=False)


def _json_node(node: Node) -> dict[str, Any]:
    made: dict[str, Any] = {"@id": safe_iri(node.iri)} if node.iri is not None else {}
    if node.types:
        made["@type"] = list(node.types)
    for name, value in node.says:
        made.setdefault(name, []).append(_json_value(value))
    return made


def _json_value(value: Value) -> Any:
    match value:
        case Iri():
            return {"@id": safe_iri(value.iri)}
        case Text():
            made = {"@value": _clean(value.text)}
            made |= {"@language": value.language} if value.language else {}
            return made | ({"@type": value.datatype} if value.datatype else {})
        case Several():
            return {"@list": [_json_node(node) for node in value.nodes]}
        case Node():
            return _json_node(value)


# ---- RDF/XML


def _rdf_xml(prefixes: Mapping[str, str]) -> Any:
    spaces = "".join(f"\n    xmlns:{name}={quoteattr(iri)}" for name, iri in {"rdf": _RDF, **prefixes}.items())
    start = f'<?xml version="1.0" encoding="UTF-8"?>\n<rdf:RDF{spaces}>\n'

    def one(node: Node) -> str:
        return _xml_node(node, prefixes) + "\n"

    return start, "", "</rdf:RDF>\n", one


def _xml_node(node: Node, prefixes: Mapping[str, str]) -> str:
    about = f" rdf:about={quoteattr(safe_iri(node.iri))}" if node.iri is not None else ""
    inner = "".join(f"<rdf:type rdf:resource={quoteattr(_full(name, prefixes))}/>" for name in node.types)
    inner += "".join(_xml_value(name, value, prefixes) for name, value in node.says)
    return f"<rdf:Description{about}>{inner}</rdf:Description>"


def _xml_value(name: str, value: Value, prefixes: Mapping[str, str]) -> str:
    match value:
        case Iri():
            return f"<{name} rdf:resource={quoteattr(safe_iri(value.iri))}/>"
        case Text():
            mark = f' xml:lang="{value.language}"' if value.language else ""
            mark += f" rdf:datatype={quoteattr(_full(value.datatype, prefixes))}" if value.datatype else ""
            text = escape(_clean(value.text), {"\r": "&#13;"})
            return f"<{name}{mark}>{text}</{name}>"
        case Several():
            inner = "".join(_xml_node(node, prefixes) for node in value.nodes)
            return f'<{name} rdf:parseType="Collection">{inner}</{name}>'
        case Node():
            return f"<{name}>{_xml_node(value, prefixes)}</{name}>"


def _full(name: str, prefixes: Mapping[str, str]) -> str:
    prefix, _, local = name.partition(":")
    return prefixes[prefix] + local


_WRITERS: Mapping[Form, Any] = {"turtle": _turtle, "json-ld": _json_ld, "rdf-xml": _rdf_xml}
