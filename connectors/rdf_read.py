"""What a graph of RDF says of a node: texts in a language, labels, lists, in an order that is always the same."""

from rdflib import RDF, BNode, Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

from connectors.addresses import shown_address
from connectors.rdf import DCAT, DCT

__all__ = ["Reader", "short"]

_DCAT, _DCT = Namespace(DCAT), Namespace(DCT)
_SKOS = Namespace("http://www.w3.org/2004/02/skos/core#")
_RDFS = Namespace("http://www.w3.org/2000/01/rdf-schema#")
_LABELS = (_SKOS.prefLabel, _RDFS.label, _DCT.title)
_CODED = frozenset({_DCT.accrualPeriodicity, _DCT.accessRights, _DCT["format"], _DCAT.mediaType})
"""What is said by an address of a list, whose end is the word."""


class Reader:
    """One graph, and the language whose texts count where there are several."""

    def __init__(self, graph: Graph, language: str) -> None:
        self.graph = graph
        self._language = language

    def all(self, node: Node, key: URIRef) -> list[Node]:
        """Objects in an order that does not hang on the names of blank nodes."""
        found = set(self.graph.objects(node, key))
        return sorted(found, key=lambda one: (isinstance(one, BNode), self._sorting(one)))

    def _sorting(self, node: Node) -> str:
        if not isinstance(node, BNode):
            return str(node)
        said = (f"{key} {one}" for key, one in self.graph.predicate_objects(node) if not isinstance(one, BNode))
        return "\n".join(sorted(said))

    def texts(self, node: Node, key: URIRef, any_language: bool = False) -> list[str]:
        """Texts, those of the language first; only of one language, unless any will do."""
        found = [one for one in self.graph.objects(node, key) if isinstance(one, Literal) and str(one).strip()]
        found.sort(key=lambda one: (_rank(one.language, self._language), one.language or "", str(one)))
        if found and not any_language:
            found = [one for one in found if one.language == found[0].language]
        return [str(one).strip() for one in found]

    def text(self, node: Node, key: URIRef) -> str | None:
        return next(iter(self.texts(node, key)), None)

    def labels(self, node: Node, key: URIRef) -> list[str]:
        """What objects are called: a text itself, the label of a node, else its address."""
        found = []
        for one in self.all(node, key):
            labels = [label for name in _LABELS if (label := self.text(one, name))]
            if isinstance(one, Literal):
                found.append(str(one).strip())
            elif key in _CODED and isinstance(one, URIRef):
                found.append(str(one))
            elif labels or isinstance(one, URIRef):
                found.append(labels[0] if labels else str(one))
        return [text for text in found if text]

    def address(self, node: Node, key: URIRef) -> str | None:
        return next((shown_address(str(one)) for one in self.all(node, key) if not isinstance(one, BNode)), None)

    def members(self, node: Node) -> list[Node]:
        """What a list holds; a node that is none is itself."""
        if node == RDF.nil:
            return []
        if (node, RDF.first, None) not in self.graph:
            return [node]
        try:
            return list(Collection(self.graph, node))
        except ValueError:  # a list that comes back to itself
            return []


def _rank(language: str | None, wanted: str) -> int:
    if language is None:
        return 1
    language = language.lower()
    return 0 if language == wanted or language.startswith(f"{wanted}-") else 2 if language.startswith("en") else 3


def short(text: str) -> str:
    """The last word of an address; another text as it is."""
    if "://" not in text and not text.startswith("urn:"):
        return text
    return text.rstrip("/").rpartition("#")[2].rpartition("/")[2] or text
