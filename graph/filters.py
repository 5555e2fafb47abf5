"""What lists can be narrowed by, as pieces of Cypher: a table, put together into texts by `graph/lists.py`.

Each filter is a predicate on `n` that a null parameter switches off; several values are alternatives. Some
have a start as well: a pattern that finds just what the filter leaves, so that a list need not look at all
there is. Only what is current now is followed.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from graph.facts import Kind


@dataclass(frozen=True, slots=True)
class Clause:
    """One filter: its parameter, its predicate, and the pattern that finds what it leaves, where there is one."""

    name: str
    predicate: str
    start: str = ""

    @property
    def guarded(self) -> str:
        """The predicate, true where the parameter is null."""
        return "($NAME IS NULL OR PREDICATE)".replace("NAME", self.name, 1).replace("PREDICATE", self.predicate)


def _equal(key: str) -> Clause:
    return Clause(key, "n.KEY = $KEY".replace("KEY", key))


def _among(key: str) -> Clause:
    return Clause(key, "n.KEY IN $KEY".replace("KEY", key))


_IDS = Clause("ids", "n.id IN $ids", "UNWIND $ids AS id\nMATCH (n:LABEL {id: id})")
_CODE = Clause("code", "n.code = $code", "MATCH (n:LABEL {code: $code})")
_USCC = Clause("uscc", "n.uscc = $uscc", "MATCH (n:LABEL {uscc: $uscc})")
# After the containers: the embedded engine has no index for this one.
_NAME = Clause(
    "name_contains",
    "n.search CONTAINS $name_contains",
    "MATCH (n:LABEL)\nWHERE n.search CONTAINS $name_contains",
)
_COMMON = (
    _NAME,
    Clause("source", "$source IN n.sources"),
    Clause("updated_since", "n.recorded_from >= $updated_since"),
)

_NOW = "(coalesce(n.valid_from, $now) <= $now AND coalesce(n.valid_to, $now + 1) > $now AND n.closed IS NULL)"
_IN_FORCE = Clause("in_force", _NOW + " = $in_force")
_FIELD_IN_FORCE = Clause(
    "in_force",
    """(PREDICATE AND NOT EXISTS {
      MATCH (n)<-[held:HAS_FIELD]-(holder:Resource)
      WHERE held.recorded_to IS NULL AND NOT HOLDER
    }) = $in_force""".replace("PREDICATE", _NOW).replace("HOLDER", _NOW.replace("n.", "holder.")),
)
"""A field takes part only while its resource does."""

_WITHIN = Clause(
    "jurisdictions",
    "n.jurisdiction IN $jurisdictions",
    """UNWIND $jurisdictions AS id
MATCH (:Jurisdiction {id: id})<-[r:WITHIN]-(n:Department)
WHERE r.recorded_to IS NULL""",
)
_PART_OF = _among("part_of")
_OPERATED = Clause(
    "departments",
    "n.department IN $departments",
    """UNWIND $departments AS id
MATCH (:Department {id: id})-[r:OPERATES]->(n:System)
WHERE r.recorded_to IS NULL""",
)
PROVIDED = """CALL (id) {
  MATCH (:Department {id: id})-[r:PROVIDES]->(n:Resource)
  WHERE r.recorded_to IS NULL
  RETURN n
  UNION ALL
  MATCH (:Department {id: id})-[o:OPERATES]->(:System)-[h:HOLDS]->(n:Resource)
  WHERE o.recorded_to IS NULL AND h.recorded_to IS NULL AND n.provider IS NULL
  RETURN n
}"""
"""A department's resources: those it provides, and those of its systems whose provider is not stated."""

_PROVIDED = Clause(
    "departments",
    """(n.provider IN $departments OR (n.provider IS NULL AND EXISTS {
      MATCH (n)<-[held:HOLDS]-(holder:System)
      WHERE held.recorded_to IS NULL AND holder.department IN $departments
    }))""",
    "UNWIND $departments AS id\n" + PROVIDED,
)
_HELD = Clause(
    "system",
    "n.system IN $system",
    """UNWIND $system AS id
MATCH (:System {id: id})-[r:HOLDS]->(n:Resource)
WHERE r.recorded_to IS NULL""",
)
_CARRYING = Clause(
    "element",
    """EXISTS {
      MATCH (n)-[has:HAS_FIELD]->(:Field)-[carries:REPRESENTS]->(carried:DataElement)
      WHERE has.recorded_to IS NULL AND carries.recorded_to IS NULL AND carried.id IN $element
    }""",
    """UNWIND $element AS id
MATCH (:DataElement {id: id})<-[r:REPRESENTS]-(:Field)<-[h:HAS_FIELD]-(n:Resource)
WHERE r.recorded_to IS NULL AND h.recorded_to IS NULL
WITH DISTINCT n""",
)
_FIELDS_OF = Clause(
    "resource",
    "n.resource IN $resource",
    """UNWIND $resource AS id
MATCH (:Resource {id: id})-[r:HAS_FIELD]->(n:Field)
WHERE r.recorded_to IS NULL""",
)
_REPRESENTING = Clause(
    "element",
    "n.element IN $element",
    """UNWIND $element AS id
MATCH (:DataElement {id: id})<-[r:REPRESENTS]-(n:Field)
WHERE r.recorded_to IS NULL""",
)
_FIELDS_HELD = Clause(
    "system",
    """EXISTS {
      MATCH (n)<-[has:HAS_FIELD]-(parent:Resource)
      WHERE has.recorded_to IS NULL AND parent.system IN $system
    }""",
    """UNWIND $system AS id
MATCH (:System {id: id})-[h:HOLDS]->(:Resource)-[r:HAS_FIELD]->(n:Field)
WHERE h.recorded_to IS NULL AND r.recorded_to IS NULL""",
)
_FIELDS_PROVIDED = Clause(
    "departments",
    """(EXISTS {
      MATCH (n)<-[has:HAS_FIELD]-(parent:Resource)
      WHERE has.recorded_to IS NULL AND parent.provider IN $departments
    } OR EXISTS {
      MATCH (n)<-[has:HAS_FIELD]-(parent:Resource)<-[held:HOLDS]-(holder:System)
      WHERE has.recorded_to IS NULL AND held.recorded_to IS NULL
        AND parent.provider IS NULL AND holder.department IN $departments
    })""",
    """UNWIND $departments AS id
CALL (id) {
  MATCH (:Department {id: id})-[r:PROVIDES]->(:Resource)-[f:HAS_FIELD]->(n:Field)
  WHERE r.recorded_to IS NULL AND f.recorded_to IS NULL
  RETURN n
  UNION ALL
  MATCH (:Department {id: id})-[o:OPERATES]->(:System)-[h:HOLDS]->(p:Resource)-[f:HAS_FIELD]->(n:Field)
  WHERE o.recorded_to IS NULL AND h.recorded_to IS NULL AND f.recorded_to IS NULL AND p.provider IS NULL
  RETURN n
}""",
)
_SOURCED = Clause(
    "departments",
    "n.source IN $departments",
    """UNWIND $departments AS id
MATCH (:Department {id: id})<-[r:SOURCED_BY]-(n:DataElement)
WHERE r.recorded_to IS NULL""",
)
_GRANTED = Clause(
    "departments",
    "(n.provider IN $departments OR n.consumer IN $departments)",
    """UNWIND $departments AS id
MATCH (:Department {id: id})<-[r:GRANTED_BY|GRANTED_TO]-(n:SharingAgreement)
WHERE r.recorded_to IS NULL
WITH DISTINCT n""",
)
_SERVING = Clause(
    "system",
    "n.system IN $system",
    """UNWIND $system AS id
MATCH (:System {id: id})<-[r:SERVES]-(n:SharingAgreement)
WHERE r.recorded_to IS NULL""",
)
_COVERING = Clause("covers", "any(one IN $covers WHERE one IN n.covers)")

CLAUSES: Mapping[Kind, tuple[Clause, ...]] = {
    Kind.JURISDICTION: (
        _IDS,
        *_COMMON,
        _IN_FORCE,
        Clause(
            "jurisdictions", "n.id IN $jurisdictions", "UNWIND $jurisdictions AS id\nMATCH (n:Jurisdiction {id: id})"
        ),
        _equal("code"),
        _among("level"),
    ),
    Kind.DEPARTMENT: (_IDS, _USCC, _WITHIN, *_COMMON, _IN_FORCE, _PART_OF),
    Kind.SYSTEM: (_IDS, _OPERATED, *_COMMON, _IN_FORCE, _equal("code"), _among("status"), _among("secrecy")),
    Kind.ELEMENT: (_IDS, _SOURCED, *_COMMON, _IN_FORCE, _equal("code"), _among("data_type")),
    Kind.RESOURCE: (
        _IDS,
        _CODE,
        _HELD,
        _CARRYING,
        _PROVIDED,
        *_COMMON,
        _IN_FORCE,
        _among("share_type"),
        _among("secrecy"),
        _among("update_cycle"),
        _equal("open"),
    ),
    Kind.FIELD: (
        _IDS,
        _FIELDS_OF,
        _REPRESENTING,
        _FIELDS_HELD,
        _FIELDS_PROVIDED,
        *_COMMON,
        _FIELD_IN_FORCE,
        _equal("code"),
        _among("share_type"),
        _among("data_type"),
        Clause("has_element", "(n.element IS NOT NULL) = $has_element"),
    ),
    Kind.AGREEMENT: (
        _IDS,
        _SERVING,
        _GRANTED,
        *_COMMON,
        _IN_FORCE,
        _COVERING,
        _among("provider"),
        _among("consumer"),
        _among("status"),
    ),
}
"""The filters of each kind; those with a start in the order in which they are preferred as such."""
