"""What can go wrong with a graph, each with a way out.

    GraphError
    ├── CannotOpen
    │   ├── Unreachable        nothing answers there, or it went away
    │   ├── WrongPassword      it answers and lets nobody in
    │   ├── DatabaseMissing    it has no database of that name
    │   ├── VersionTooOld      it is older than Neo4j 5.26, or no Neo4j at all
    │   ├── GraphTooNew        a newer version of this program has written this graph
    │   ├── FolderInUse        another engine holds the data folder
    │   ├── FolderUnusable     the data folder cannot be written, or what is in it cannot be read
    │   ├── JavaMissing        the Java that comes with the embedded engine does not run
    │   └── EngineSettings     the engine does not run with the settings that it was given
    ├── DiskFull               no room left where the graph is kept
    ├── StatementTimeout       a statement or a whole transaction took longer than allowed
    ├── Conflict               others kept changing the same things, or an id is already taken
    ├── CommitUnknown          the engine went away during a commit: written or not, nobody knows
    └── StatementFailed        the engine refused a statement: a fault of this program

No message ever holds a password.
"""


class GraphError(Exception):
    """Something about the graph that the person running the registry can act on."""

    def __init__(self, message: str, way_out: str = "") -> None:
        super().__init__(message, way_out)
        self.message = message
        self.way_out = way_out

    def __str__(self) -> str:
        return f"{self.message} {self.way_out}".strip()


class CannotOpen(GraphError):
    """The graph cannot be opened, or no longer."""


class Unreachable(CannotOpen):
    """Nothing answers at the address, or the engine went away."""


class WrongPassword(CannotOpen):
    """The engine refuses the user or the password."""


class DatabaseMissing(CannotOpen):
    """The engine has no database of that name."""


class VersionTooOld(CannotOpen):
    """The engine is older than what the registry needs."""


class GraphTooNew(CannotOpen):
    """The graph was written by a newer version of the registry."""


class FolderInUse(CannotOpen):
    """Another engine holds the data folder."""


class FolderUnusable(CannotOpen):
    """The data folder cannot be written, or its content cannot be read."""


class JavaMissing(CannotOpen):
    """The Java that comes with the embedded engine is missing or does not start."""


class EngineSettings(CannotOpen):
    """The engine runs, but not with the settings that it was given."""


class DiskFull(GraphError):
    """No room is left where the graph is kept."""


class StatementTimeout(GraphError):
    """A statement or a transaction took longer than it may."""


class Conflict(GraphError):
    """Other writers kept getting in the way until the time was up, or an id is already taken."""


class CommitUnknown(GraphError):
    """The engine went away while it committed; whether the transaction was written is unknown."""


class StatementFailed(GraphError):
    """The engine refused a statement. That is a fault of the registry, not of its user."""
