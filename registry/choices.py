"""What options of the command line may be, where it is one of a few."""

from enum import StrEnum

from graph.filing_states import Decided, FilingKind, FilingState, Opinion

__all__ = [
    "Answer",
    "Bad",
    "Conflict",
    "Decided",
    "Direction",
    "FilingKind",
    "FilingOrder",
    "FilingState",
    "Filled",
    "Finding",
    "FindingOrder",
    "Flow",
    "Funds",
    "Level",
    "ListOrder",
    "Opinion",
    "Plan",
    "Report",
    "Rows",
    "ShareType",
    "Shown",
    "Table",
    "Touched",
]


class Direction(StrEnum):
    """Upstream is towards the sources of data, downstream towards its users."""

    UPSTREAM = "UPSTREAM"
    DOWNSTREAM = "DOWNSTREAM"
    BOTH = "BOTH"


class Level(StrEnum):
    """The levels of an answer, finest first."""

    FIELD = "FIELD"
    RESOURCE = "RESOURCE"
    SYSTEM = "SYSTEM"
    DEPARTMENT = "DEPARTMENT"
    JURISDICTION = "JURISDICTION"


class Answer(StrEnum):
    """How an answer is printed."""

    TREE = "tree"
    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    JSONL = "jsonl"
    XLSX = "xlsx"
    SVG = "svg"
    DOT = "dot"
    MERMAID = "mermaid"


class Rows(StrEnum):
    """What rows a table has."""

    NODES = "nodes"
    EDGES = "edges"


class Shown(StrEnum):
    """How paths are printed."""

    TREE = "tree"
    TABLE = "table"
    JSON = "json"


class Plan(StrEnum):
    """What is to be done."""

    RETIRE = "retire"
    ALTER = "alter"
    MERGE = "merge"


class Conflict(StrEnum):
    """What does not fit about a data element."""

    NO_AUTHORITATIVE_SOURCE = "NO_AUTHORITATIVE_SOURCE"
    DIFFERENT_TYPES = "DIFFERENT_TYPES"
    SOURCE_WITHOUT_DATA = "SOURCE_WITHOUT_DATA"
    SOURCE_NOT_FRESHEST = "SOURCE_NOT_FRESHEST"


class Report(StrEnum):
    """How a report is printed."""

    TABLE = "table"
    JSON = "json"


class Table(StrEnum):
    """How an answer that has tables is printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    JSONL = "jsonl"
    XLSX = "xlsx"


class Touched(StrEnum):
    """What rows a table of an impact has."""

    AFFECTED = "affected"
    SOURCES = "sources"
    AGREEMENTS = "agreements"
    DEPARTMENTS = "departments"
    SUCCESSORS = "successors"
    MIGRATION = "migration"


class ShareType(StrEnum):
    """On what terms a resource or field is shared."""

    UNCONDITIONAL = "UNCONDITIONAL"
    CONDITIONAL = "CONDITIONAL"
    WITHHELD = "WITHHELD"


class Flow(StrEnum):
    """Copied, or read in place."""

    FEEDS = "FEEDS"
    READS = "READS"


class Finding(StrEnum):
    """What is wrong."""

    NO_SYSTEM = "NO_SYSTEM"
    NO_SOURCE = "NO_SOURCE"
    NOT_MOUNTED = "NOT_MOUNTED"
    READER_WITHOUT_AGREEMENT = "READER_WITHOUT_AGREEMENT"
    FLOW_WITHOUT_AGREEMENT = "FLOW_WITHOUT_AGREEMENT"
    AGREEMENT_WITHOUT_FLOW = "AGREEMENT_WITHOUT_FLOW"
    UNREGISTERED = "UNREGISTERED"
    QUIET_SOURCE = "QUIET_SOURCE"
    IMPORT = "IMPORT"


class Filled(StrEnum):
    """What sheets a workbook to fill in has."""

    ALL = "all"
    DEPARTMENTS = "departments"
    SYSTEMS = "systems"
    RESOURCES = "resources"
    FIELDS = "fields"
    ELEMENTS = "elements"
    AGREEMENTS = "agreements"
    FEEDS = "feeds"
    READS = "reads"


class Bad(StrEnum):
    """How bad a finding is."""

    ERROR = "ERROR"
    WARNING = "WARNING"
    INFO = "INFO"


class FindingOrder(StrEnum):
    """What findings are ordered by."""

    KIND = "KIND"
    SEVERITY = "SEVERITY"
    DEPARTMENT = "DEPARTMENT"
    OLDEST = "OLDEST"
    NEWEST = "NEWEST"


class FilingOrder(StrEnum):
    """What filings are ordered by."""

    CHANGED = "CHANGED"
    DRAFTED = "DRAFTED"
    DUE = "DUE"
    NAME = "NAME"


class ListOrder(StrEnum):
    """What the full-scope list is ordered by."""

    ID = "ID"
    NAME = "NAME"
    DEPARTMENT = "DEPARTMENT"
    FILED = "FILED"


class Funds(StrEnum):
    """What is decided on running funds."""

    FUNDS = "FUNDS"
    NO_FUNDS = "NO_FUNDS"
