"""The registry's entries as a DCAT-AP catalogue, written one after the other, so that memory stays flat.

    for piece in dcat(records, "turtle", base="https://registry.example", title="盐城市数据目录"):
        ...

What DCAT has no word for stands under the registry's own words (`reg:`), so that another registry that reads the
catalogue states the same facts. `connectors/dcat.py` reads it.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from connectors.rdf_out import Form, Iri, Node, Several, Text, Value, write
from graph.facts import KEYS, Kind, Shape

__all__ = ["REGISTRY", "dcat"]

REGISTRY = "urn:federated-resource-registry:"
"""The namespace of the registry's own words: the keys of the exchange format."""

PREFIXES: Mapping[str, str] = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "csvw": "http://www.w3.org/ns/csvw#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "reg": REGISTRY,
}
_LISTS = "http://publications.europa.eu/resource/authority"
_FREQUENCIES: Mapping[str, str] = {
    "REALTIME": "UPDATE_CONT",
    "DAILY": "DAILY",
    "WEEKLY": "WEEKLY",
    "MONTHLY": "MONTHLY",
    "QUARTERLY": "QUARTERLY",
    "HALF_YEARLY": "ANNUAL_2",
    "YEARLY": "ANNUAL",
    "IRREGULAR": "IRREG",
    "OTHER": "OTHER",
}
_RIGHTS: Mapping[str, str] = {"UNCONDITIONAL": "PUBLIC", "CONDITIONAL": "RESTRICTED", "WITHHELD": "NON_PUBLIC"}
_FORMAT = re.compile(r"[A-Za-z0-9_]{1,20}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_SAID = frozenset({"name", "code", "abstract", "description", "provider", "department", "system", "aliases", "uscc"})
_SAID |= {"classification", "update_cycle", "published", "format_types", "valid_from", "valid_to"}
"""Keys that DCAT has words for, and times, which are not written."""

_OF_COLUMNS = frozenset({"name", "resource", "aliases"})

Record = Mapping[str, Any]


def dcat(
    records: Iterable[Record], form: Form, *, base: str, title: str, language: str = "zh", description: str = ""
) -> Iterator[str]:
    """A catalogue of these records in pieces.

    A record has the keys of its kind in the exchange format: `fact` (`resource`, `department` or `system`; others
    are passed over), `id` and the rest; a resource may have `fields`, a list of such records of its fields. `base` is
    the address that ids which are no addresses themselves are written under.
    """
    return write(_nodes(records, _Writing(base.rstrip("/"), language), title, description), form, PREFIXES)


def _nodes(records: Iterable[Record], writing: "_Writing", title: str, description: str) -> Iterator[Node]:
    catalogue = f"{writing.base}/catalogue"
    says: list[tuple[str, Value]] = [("dct:title", writing.text(title))]
    says.append(("dct:description", writing.text(description or title)))
    yield Node(catalogue, says, ("dcat:Catalog",))
    for record in records:
        match record.get("fact"):
            case "resource":
                yield writing.resource(record)
                yield Node(catalogue, [("dcat:dataset", Iri(writing.iri(record["id"])))])
            case "department":
                yield writing.department(record)
            case "system":
                yield writing.system(record)


class _Writing:
    """How records are written: under which address, in which language."""

    def __init__(self, base: str, language: str) -> None:
        self.base = base
        self._language = language

    def text(self, text: Any) -> Text:
        return Text(str(text), self._language)

    def iri(self, id: str) -> str:
        """The address of a thing: its id where that is one, else under the base."""
        local = id.partition(":")[2]
        if re.match(r"https?://|urn:", local):
            return local
        return f"{self.base}/id/" + re.sub(r"[?#%\[\]]", lambda found: f"%{ord(found[0]):02X}", id)

    def department(self, record: Record) -> Node:
        says: list[tuple[str, Value]] = [("dct:identifier", Text(record["id"]))]
        says += [("foaf:name", self.text(record["name"]))] if record.get("name") else []
        says += [("dct:identifier", Text(record["uscc"]))] if record.get("uscc") else []
        says += self._others(record)
        return Node(self.iri(record["id"]), [*says, *_own(record, Kind.DEPARTMENT)], ("foaf:Agent",))

    def system(self, record: Record) -> Node:
        says: list[tuple[str, Value]] = [("dct:identifier", Text(record["id"]))]
        says += [("dct:title", self.text(record["name"]))] if record.get("name") else []
        says += [("dct:description", self.text(record["description"]))] if record.get("description") else []
        says += [("reg:code", Text(record["code"]))] if record.get("code") else []
        says += [("dct:publisher", Iri(self.iri(record["department"])))] if record.get("department") else []
        says += self._others(record)
        return Node(self.iri(record["id"]), [*says, *_own(record, Kind.SYSTEM)], ("reg:System",))

    def resource(self, record: Record) -> Node:
        iri, name = self.iri(record["id"]), record.get("name") or record["id"]
        says: list[tuple[str, Value]] = [("dct:identifier", Text(record["id"]))]
        says += [("dct:identifier", Text(record["code"]))] if record.get("code") else []
        says += [("dct:title", self.text(name)), ("dct:description", self.text(record.get("abstract") or name))]
        says += [("dct:publisher", Iri(self.iri(record["provider"])))] if record.get("provider") else []
        says += [("reg:system", Iri(self.iri(record["system"])))] if record.get("system") else []
        if record.get("classification"):
            concept = Node(None, [("skos:prefLabel", self.text(record["classification"]))], ("skos:Concept",))
            says.append(("dcat:theme", concept))
        if (frequency := _FREQUENCIES.get(record.get("update_cycle") or "")) is not None:
            says.append(("dct:accrualPeriodicity", Iri(f"{_LISTS}/frequency/{frequency}")))
        rights = _RIGHTS.get(record.get("share_type") or "")
        if rights is not None and (rights != "PUBLIC" or record.get("secrecy") == "PUBLIC"):
            says.append(("dct:accessRights", Iri(f"{_LISTS}/access-right/{rights}")))
        if published := record.get("published"):
            says.append(("dct:issued", Text(published, datatype="xsd:date" if _DATE.fullmatch(published) else None)))
        says += self._others(record)
        says += [("dcat:distribution", self._distribution(iri, one)) for one in record.get("format_types") or ()]
        if fields := record.get("fields"):
            columns = Several(tuple(self._column(one) for one in fields))
            schema = Node(None, [("csvw:column", columns)], ("csvw:Schema",))
            says.append(("dct:conformsTo", Node(None, [("csvw:tableSchema", schema)], ("dct:Standard",))))
        return Node(iri, [*says, *_own(record, Kind.RESOURCE)], ("dcat:Dataset",))

    def _others(self, record: Record) -> list[tuple[str, Value]]:
        return [("dct:alternative", self.text(one)) for one in record.get("aliases") or ()]

    def _distribution(self, iri: str, format: str) -> Node:
        known = _FORMAT.fullmatch(format) is not None and format == format.lower()
        type: Value = Iri(f"{_LISTS}/file-type/{format.upper()}") if known else Text(format)
        return Node(None, [("dcat:accessURL", Iri(iri)), ("dct:format", type)], ("dcat:Distribution",))

    def _column(self, record: Record) -> Node:
        says: list[tuple[str, Value]] = [("dct:identifier", Text(record["id"]))] if record.get("id") else []
        says.append(("csvw:name", Text(str(record.get("name") or record.get("code") or ""))))
        says += [("csvw:title", self.text(one)) for one in record.get("aliases") or ()]
        if type := record.get("raw_type") or record.get("data_type"):
            inner: list[tuple[str, Value]] = [("csvw:base", Text(type))]
            if (length := record.get("length")) is not None:
                inner.append(("csvw:maxLength", Text(str(length), datatype="xsd:integer")))
            says.append(("csvw:datatype", Node(None, inner)))
        return Node(None, [*says, *_own(record, Kind.FIELD, _OF_COLUMNS)], ("csvw:Column",))


def _own(record: Record, kind: Kind, said: Collection[str] = _SAID) -> list[tuple[str, Value]]:
    """What DCAT has no word for, under the exchange format's own keys."""
    says: list[tuple[str, Value]] = []
    for name, key in KEYS[kind].items():
        value = record.get(name)
        if name in said or value is None:
            continue
        if key.shape is Shape.TEXTS:
            says += [(f"reg:{name}", Text(str(one))) for one in value]
        elif key.shape in (Shape.BOOLEAN, Shape.INTEGER):
            datatype = "xsd:boolean" if key.shape is Shape.BOOLEAN else "xsd:integer"
            says.append((f"reg:{name}", Text(str(value).lower(), datatype=datatype)))
        elif key.shape in (Shape.TEXT, Shape.ENUM, Shape.REFERENCE):
            says.append((f"reg:{name}", Text(str(value))))
    return says
