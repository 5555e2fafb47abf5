"""RDF from strangers: RDF/XML, Turtle, N-Triples and JSON-LD as a graph, without loading anything from elsewhere."""

import logging
import re
from collections.abc import Mapping
from typing import Any

from rdflib import RDF, Graph
from rdflib.plugins.parsers.jsonld import to_rdf
from rdflib.term import bind

from connectors.trees import NotTree, parse_json
from connectors.xml_safe import XmlRefused, check_xml

__all__ = ["ACCEPT", "DCAT", "DCT", "NotRdf", "form_of", "parse_rdf"]

ACCEPT = (
    "text/turtle, application/ld+json;q=0.9, application/rdf+xml;q=0.8, application/n-triples;q=0.7, "
    "application/json;q=0.3, text/xml;q=0.3, */*;q=0.1"
)
DCAT = "http://www.w3.org/ns/dcat#"
DCT = "http://purl.org/dc/terms/"

logging.getLogger("rdflib").setLevel(logging.CRITICAL)  # it logs traces of what findings tell in words
for _literal in (RDF.XMLLiteral, RDF.HTML):  # or it would run an XML parser, entities and all, over each such text
    bind(_literal, str, constructor=str, datatype_specific=True)

_FORMS: Mapping[str, str] = {
    "text/turtle": "turtle",
    "application/x-turtle": "turtle",
    "text/n3": "turtle",
    "application/ld+json": "json-ld",
    "application/rdf+xml": "xml",
    "application/n-triples": "nt",
}
_TRIPLE = re.compile(
    rb"\s*(?:#[^\n]*\n\s*)*(?:<[^<>\s]+>|_:\S+)\s+<[^<>\s]+>\s+(?:<[^<>\s]+>|_:\S+|\"[^\n]*)\s*\.\s*(?:\n|\Z)"
)


class NotRdf(Exception):
    """A document that is no RDF, or is not taken; the message says why, `row` where, `code` what a finding calls it."""

    def __init__(self, message: str, row: int | None = None, code: str = "FILE_NOT_READ") -> None:
        super().__init__(message)
        self.row = row
        self.code = code


def form_of(content: bytes, media_type: str = "") -> str:
    """Which form a document has: what it says to be, else what it begins like."""
    if media_type in _FORMS:
        return _FORMS[media_type]
    start = content[:65_536].removeprefix(b"\xef\xbb\xbf").lstrip()
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "xml"
    if start[:1] == b"{" or re.match(rb"\[\s*[{\"\]]", start):
        return "json-ld"
    if start[:2] in (b"<?", b"<!") or re.match(rb"<[A-Za-z][\w.-]*(?::[\w.-]+)?[\s>/]", start):
        return "xml"
    return "nt" if _TRIPLE.match(start) and b"@prefix" not in start and b"PREFIX" not in start else "turtle"


def parse_rdf(content: bytes, base: str | None = None, media_type: str = "") -> tuple[Graph, set[str]]:
    """The graph of a document, and the contexts that were not loaded. Raises NotRdf.

    `base` is what addresses in it are relative to.
    """
    form = form_of(content, media_type)
    lost: set[str] = set()
    if form == "xml":
        try:
            content = check_xml(content)
        except XmlRefused as refused:
            raise NotRdf(str(refused), refused.row, "XML_REFUSED") from None
    elif form != "json-ld":
        content = _text(content)
    tree = _without_contexts(_json(content), lost) if form == "json-ld" else None
    base = base or "urn:x-document:"
    graph = Graph(store="SimpleMemory")
    try:
        if form == "json-ld":
            to_rdf(tree, graph, base)
        else:
            graph.parse(data=content, format=form, publicID=base)
    except RecursionError:
        raise NotRdf("it is nested too deep") from None
    except Exception as error:  # each of the parsers raises what it likes, down to AttributeError
        row = getattr(error, "lines", None)
        raise NotRdf(f"it is no proper {_NAMES[form]}", row + 1 if isinstance(row, int) else None) from None
    return graph, lost


_NAMES = {"xml": "RDF/XML", "json-ld": "JSON-LD", "turtle": "Turtle", "nt": "N-Triples"}


def _json(content: bytes) -> Any:
    try:
        return parse_json(content)
    except NotTree as error:
        raise NotRdf(str(error), error.row) from None


def _text(content: bytes) -> bytes:
    try:
        content.decode("utf-8-sig")
    except UnicodeError:
        raise NotRdf("it is no UTF-8 text") from None
    return content.removeprefix(b"\xef\xbb\xbf")


def _without_contexts(tree: Any, lost: set[str]) -> Any:
    """A JSON-LD tree whose contexts at addresses are replaced by what DCAT's own words mean."""
    if isinstance(tree, list):
        return [_without_contexts(one, lost) for one in tree]
    if not isinstance(tree, dict):
        return tree
    made = {}
    for key, value in tree.items():
        if key == "@import":
            lost.add(str(value))
        elif key == "@context":
            made[key] = _context(value, lost)
        else:
            made[key] = _without_contexts(value, lost)
    return made


def _context(value: Any, lost: set[str]) -> Any:
    if isinstance(value, str):
        lost.add(value)
        return _WORDS
    if isinstance(value, list):
        return [_context(one, lost) for one in value]
    return _without_contexts(value, lost)


def _typed(type: str, *names: str) -> dict[str, Any]:
    return {name.rpartition(":")[2]: {"@id": name, "@type": type} for name in names}


_PREFIXES = {
    "dcat": DCAT,
    "dct": DCT,
    "dcterms": DCT,
    "foaf": "http://xmlns.com/foaf/0.1/",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "adms": "http://www.w3.org/ns/adms#",
    "prov": "http://www.w3.org/ns/prov#",
    "org": "http://www.w3.org/ns/org#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "hydra": "http://www.w3.org/ns/hydra/core#",
    "csvw": "http://www.w3.org/ns/csvw#",
}
_WORDS: Mapping[str, Any] = {
    **_PREFIXES,
    "id": "@id",
    "type": "@type",
    "Catalog": "dcat:Catalog",
    "Dataset": "dcat:Dataset",
    "Distribution": "dcat:Distribution",
    "DataService": "dcat:DataService",
    "Organization": "foaf:Organization",
    "Agent": "foaf:Agent",
    **{name: f"dct:{name}" for name in ("title", "description", "issued", "modified", "identifier", "format")},
    **{name: f"foaf:{name}" for name in ("name", "homepage")},
    "keyword": "dcat:keyword",
    **_typed("@id", "dcat:dataset", "dcat:distribution", "dcat:service", "dcat:theme", "dcat:accessURL"),
    **_typed("@id", "dcat:downloadURL", "dcat:landingPage", "dcat:endpointURL", "dcat:servesDataset", "dcat:mediaType"),
    **_typed("@id", "dct:publisher", "dct:license", "dct:accessRights", "dct:accrualPeriodicity", "dct:conformsTo"),
    "prefLabel": "skos:prefLabel",
}
"""What the plain words of a DCAT document mean where its context stands elsewhere."""
