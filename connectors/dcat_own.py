"""The registry's own words in a DCAT document (`connectors/dcat_out.py` writes them), read back."""

from collections.abc import Iterator, Mapping
from datetime import UTC
from typing import Any

from rdflib import RDF, Literal, Namespace, URIRef
from rdflib.term import Node

from connectors.dcat_out import PREFIXES, REGISTRY
from connectors.harvest import home_id
from connectors.rdf_read import Reader
from graph.facts import KEYS, Kind, Shape, check_value

__all__ = ["OWN", "agents", "id_of_system", "own_values", "systems"]

OWN = Namespace(REGISTRY)
_DCT = Namespace(PREFIXES["dct"])
_FOAF = Namespace(PREFIXES["foaf"])


def own_values(reader: Reader, node: Node, kind: Kind) -> dict[str, Any]:
    """What a node says under the keys of its kind; what is not of a key's shape is passed over."""
    found: dict[str, Any] = {}
    for name, key in KEYS[kind].items():
        texts = sorted(str(one) for one in reader.graph.objects(node, OWN[name]) if isinstance(one, Literal))
        if not texts or key.shape in (Shape.OBJECT, Shape.REFERENCES, Shape.TIME):
            continue
        said: Any = texts if key.shape is Shape.TEXTS else texts[0]
        if key.shape is Shape.BOOLEAN:
            said = {"true": True, "false": False}.get(texts[0])
        value, wrong = check_value(key, said, UTC)
        if wrong is None and value is not None:
            found[name] = value
    return found


def systems(reader: Reader) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The systems of a registry, by id."""
    nodes = {node for node in reader.graph.subjects(RDF.type, OWN.System) if isinstance(node, URIRef)}
    for node in sorted(nodes):
        values = own_values(reader, node, Kind.SYSTEM)
        said = (("name", _DCT.title), ("description", _DCT.description))
        values |= {key: text for key, word in said if (text := reader.text(node, word))}
        if others := reader.texts(node, _DCT.alternative):
            values["aliases"] = others
        for department in reader.all(node, _DCT.publisher):
            values["department"] = _id(reader, department, "department:")
        yield id_of_system(reader, node), values


def agents(reader: Reader) -> list[Node]:
    """The departments of a registry: agents whose identifier is a department's id."""
    nodes = {node for node in reader.graph.subjects(RDF.type, _FOAF.Agent) if isinstance(node, URIRef)}
    known = (
        node for node in nodes if any(one.startswith("department:") for one in reader.texts(node, _DCT.identifier))
    )
    return sorted(known, key=str)


def id_of_system(reader: Reader, node: Node) -> str:
    """The id of a system that a node stands for."""
    return _id(reader, node, "system:")


def _id(reader: Reader, node: Node, prefix: str) -> str:
    said = (text for text in reader.texts(node, _DCT.identifier) if text.startswith(prefix))
    return next(said, None) or f"{prefix}{home_id(str(node))}"[:300]
