"""XML Schemas as trees of fields: elements, types, groups and extensions laid out as dotted names, within limits."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from connectors.schemas import Leaf, clean_path
from connectors.xml_safe import XmlNode

__all__ = ["XSD", "Schemas"]

XSD = "http://www.w3.org/2001/XMLSchema"
_ENCODING = "http://schemas.xmlsoap.org/soap/encoding/"
_WSDL = "http://schemas.xmlsoap.org/wsdl/"
_DEEPEST = 12
MOST_FIELDS = 2_000
_STEPS = 50_000
_ALL_STEPS = 2_000_000
_KINDS = {
    "element": "element",
    "complexType": "type",
    "simpleType": "type",
    "group": "group",
    "attributeGroup": "attributes",
}

Key = tuple[str, str, str]


@dataclass(slots=True)
class _Walk:
    """One set of fields while it grows."""

    found: dict[str, Leaf] = field(default_factory=dict)
    steps: int = 0


class Schemas:
    """All schemas of a description. `lost` is what they refer to in vain; `cut` says that there is more than taken."""

    def __init__(self) -> None:
        self._known: dict[Key, XmlNode] = {}
        self._by_name: dict[tuple[str, str], XmlNode] = {}
        self._attributes: dict[tuple[str, str], XmlNode] = {}
        self.lost: set[str] = set()
        self.cut = False
        self._all_steps = 0

    def add(self, schema: XmlNode, namespace: str = "") -> None:
        """A schema; `namespace` is that of the one that includes it, for one that has none."""
        namespace = schema.get("targetNamespace") or namespace
        for node in schema.children:
            kind, name = _KINDS.get(node.name), node.get("name")
            if node.name == "redefine":
                self.add(node, namespace)
            elif kind and name:
                self._known.setdefault((kind, namespace, name), node)
                self._by_name.setdefault((kind, name), node)
            elif node.name == "attribute" and name:
                self._attributes.setdefault((namespace, name), node)

    def of_element(self, name: tuple[str, str]) -> dict[str, Leaf]:
        """The fields inside an element; the element itself if it has none inside."""
        node = self._find("element", name)
        if node is None:
            self.lost.add(name[1])
            return {}
        walk = self._begin()
        self._content(node, "", walk, (node,), top=name[1])
        return walk.found

    def of_type(self, name: tuple[str, str], path: str) -> dict[str, Leaf]:
        """The fields of a type under a name."""
        walk = self._begin()
        self._type(name, path, walk, (), None)
        return walk.found

    def _begin(self) -> _Walk:
        return _Walk(steps=0 if self._all_steps < _ALL_STEPS else _STEPS)

    def _find(self, kind: str, name: tuple[str, str]) -> XmlNode | None:
        return self._known.get((kind, *name)) or self._by_name.get((kind, name[1]))

    def _step(self, walk: _Walk) -> bool:
        walk.steps += 1
        self._all_steps += 1
        if walk.steps > _STEPS or len(walk.found) >= MOST_FIELDS:
            self.cut = True
            return False
        return True

    def _leaf(self, path: str, walk: _Walk, type: str | None, node: XmlNode | None, **more: object) -> None:
        path = clean_path(path)
        if not path or path in walk.found:
            return
        again, of = more.get("again"), more.get("of")
        walk.found[path] = Leaf(
            type,
            length=_length(more.get("facets")),
            says=_said(node) or _said(of if isinstance(of, XmlNode) else None),
            required=_required(node),
            again=again if isinstance(again, str) else None,
        )

    def _content(self, node: XmlNode, path: str, walk: _Walk, above: tuple[XmlNode, ...], top: str = "") -> None:
        """The content of an element: its type, written inside it or named."""
        if not self._step(walk):
            return
        inner = node.first("complexType")
        if inner is not None:
            self._complex(inner, path, walk, above, node)
            return
        simple = node.first("simpleType")
        if simple is not None:
            base, facets = self._base_of(simple)
            self._leaf(path or top, walk, base, node, facets=facets)
            return
        said = node.get("type")
        if said is None:
            self._leaf(path, walk, None, node)
            return
        self._type(node.qualified(said), path, walk, above, node, top)

    def _type(
        self,
        name: tuple[str, str],
        path: str,
        walk: _Walk,
        above: tuple[XmlNode, ...],
        node: XmlNode | None,
        top: str = "",
    ) -> None:
        if name[0] in (XSD, _ENCODING):
            self._leaf(path or top, walk, name[1], node)
            return
        known = self._find("type", name)
        if known is None:
            self.lost.add(name[1])
            self._leaf(path or top, walk, name[1], node)
        elif known.name == "simpleType":
            base, facets = self._base_of(known)
            self._leaf(path or top, walk, base, node, facets=facets, of=known)
        elif known in above or path.count(".") >= _DEEPEST:
            self.cut = self.cut or known not in above
            self._leaf(path or top, walk, "object", node, again=name[1] if known in above else None)
        else:
            self._complex(known, path, walk, (*above, known), node)

    def _complex(self, type: XmlNode, path: str, walk: _Walk, above: tuple[XmlNode, ...], node: XmlNode | None) -> None:
        before = len(walk.found)
        self._particles(type, path, walk, above, node)
        if len(walk.found) == before and path and walk.steps <= _STEPS:
            self._leaf(path, walk, "object", node)

    def _particles(
        self,
        node: XmlNode,
        path: str,
        walk: _Walk,
        above: tuple[XmlNode, ...],
        element: XmlNode | None,
        many: bool = False,
    ) -> None:
        """What stands in a type or group: elements, groups, attributes, and what it extends."""
        if not self._step(walk) or len(above) > 60:
            return
        for child in node.children:
            repeated = many or _many(child)
            if child.name == "element":
                self._element(child, path, walk, above, repeated)
            elif child.name in ("sequence", "choice", "all"):
                self._particles(child, path, walk, (*above, child), element, repeated)
            elif child.name in ("group", "attributeGroup"):
                self._named_group(child, path, walk, above, element, repeated)
            elif child.name == "attribute":
                self._attribute(child, path, walk)
            elif child.name in ("complexContent", "simpleContent"):
                self._derived(child, path, walk, above, element)

    def _element(self, child: XmlNode, path: str, walk: _Walk, above: tuple[XmlNode, ...], many: bool) -> None:
        target, name = child, child.get("name")
        if (ref := child.get("ref")) is not None:
            found = self._find("element", child.qualified(ref))
            name = child.qualified(ref)[1]
            if found is None:
                self.lost.add(name)
                self._leaf(_under(path, name, many), walk, None, child)
                return
            target = found
        if not name:
            return
        inner = _under(path, name, many)
        if target in above:
            self._leaf(inner, walk, "object", child, again=name)
        elif inner.count(".") > _DEEPEST:
            self.cut = True
            self._leaf(inner, walk, "object", child)
        else:
            self._content(target, inner, walk, (*above, target))

    def _named_group(
        self, child: XmlNode, path: str, walk: _Walk, above: tuple[XmlNode, ...], element: XmlNode | None, many: bool
    ) -> None:
        ref = child.get("ref")
        if ref is None:
            return
        kind = "group" if child.name == "group" else "attributes"
        known = self._find(kind, child.qualified(ref))
        if known is None:
            self.lost.add(child.qualified(ref)[1])
        elif known not in above:
            self._particles(known, path, walk, (*above, known), element, many)

    def _attribute(self, child: XmlNode, path: str, walk: _Walk) -> None:
        name, target = child.get("name"), child
        if (ref := child.get("ref")) is not None:
            qualified = child.qualified(ref)
            if qualified[0] in (_ENCODING, XSD):
                return
            name, target = qualified[1], self._attributes.get(qualified, child)
        if not name or child.get("use") == "prohibited":
            return
        simple, said = target.first("simpleType"), target.get("type")
        base, facets = self._base_of(simple) if simple is not None else self._named_base(target, said)
        self._leaf(f"{path}.@{name}" if path else f"@{name}", walk, base, target, facets=facets)

    def _derived(
        self, content: XmlNode, path: str, walk: _Walk, above: tuple[XmlNode, ...], element: XmlNode | None
    ) -> None:
        """An extension or restriction: what it is made of, then what it adds."""
        for node in content.children:
            said = node.get("base")
            if node.name not in ("extension", "restriction") or said is None:
                continue
            base = node.qualified(said)
            if base == (_ENCODING, "Array"):
                self._array(node, path, walk, above, element)
                continue
            if content.name == "simpleContent":
                self._type(base, path or "value", walk, above, element)
            elif node.name == "extension" and base[0] != XSD:
                known = self._find("type", base)
                if known is None:
                    self.lost.add(base[1])
                elif known not in above:
                    self._particles(known, path, walk, (*above, known), element)
            self._particles(node, path, walk, (*above, node), element)

    def _array(
        self, node: XmlNode, path: str, walk: _Walk, above: tuple[XmlNode, ...], element: XmlNode | None
    ) -> None:
        """An array as SOAP encodes one: of the type that `wsdl:arrayType` names."""
        said = next(
            (
                one.attributes[key]
                for one in node.all("attribute")
                for key in one.attributes
                if key == f"{{{_WSDL}}}arrayType"
            ),
            None,
        )
        if said is None:
            self._particles(node, path, walk, (*above, node), element, many=True)
            return
        self._type(node.qualified(said.partition("[")[0]), f"{path}[]" if path else "", walk, above, element)

    def _named_base(self, node: XmlNode, said: str | None) -> tuple[str | None, XmlNode | None]:
        if said is None:
            return None, None
        name = node.qualified(said)
        known = None if name[0] == XSD else self._find("type", name)
        return self._base_of(known) if known is not None else (name[1], None)

    def _base_of(self, simple: XmlNode) -> tuple[str | None, XmlNode | None]:
        """The built-in type that a simple type comes from, and the restriction that bounds its length."""
        facets: XmlNode | None = None
        for _ in range(20):
            inner = simple.first("restriction") or simple.first("list") or simple.first("union")
            if inner is None:
                return None, facets
            facets = inner if inner.name == "restriction" and _length(facets) is None else facets
            said = inner.get("base") or inner.get("itemType") or (inner.get("memberTypes") or "").partition(" ")[0]
            nested = inner.first("simpleType")
            if nested is not None and not said:
                simple = nested
                continue
            name = inner.qualified(said)
            known = None if name[0] == XSD else self._find("type", name)
            if known is None or known.name != "simpleType":
                return name[1] or None, facets
            simple = known
        return None, facets


def _under(path: str, name: str, many: bool) -> str:
    return f"{path}.{name}{'[]' * many}" if path else f"{name}{'[]' * many}"


def _many(node: XmlNode) -> bool:
    most = node.get("maxOccurs")
    return most == "unbounded" or (most is not None and most.isdecimal() and len(most) < 9 and int(most) > 1)


def _required(node: XmlNode | None) -> bool:
    if node is None or node.name not in ("element", "attribute"):
        return False
    if node.name == "attribute":
        return node.get("use") == "required"
    return node.get("minOccurs") not in ("0",) and node.get("nillable") != "true"


def _said(node: XmlNode | None) -> tuple[str, ...]:
    annotation = node.first("annotation") if node is not None else None
    texts = (one.said() for one in annotation.all("documentation")) if annotation is not None else ()
    return tuple(text for text in texts if text)


def _length(facets: object) -> int | None:
    if not isinstance(facets, XmlNode):
        return None
    for name in ("maxLength", "length", "totalDigits"):
        one = facets.first(name)
        value = one.get("value") if one is not None else None
        if value and value.isdecimal() and len(value) < 10:
            return int(value)
    return None


def schemas_in(node: XmlNode) -> Iterator[XmlNode]:
    """The schemas in a description, or the document itself if it is one."""
    if node.namespace == XSD and node.name == "schema":
        yield node
        return
    for types in node.all("types"):
        yield from (child for child in types.children if child.namespace == XSD and child.name == "schema")


def references(schema: XmlNode) -> Mapping[str, str]:
    """The locations that a schema loads, with the namespace that each takes from it (empty for none)."""
    own = schema.get("targetNamespace") or ""
    found: dict[str, str] = {}
    for child in schema.children:
        location = child.get("schemaLocation")
        if child.name in ("import", "include", "redefine") and location:
            found.setdefault(location.strip(), "" if child.name == "import" else own)
    return found
