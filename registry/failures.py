"""What can go wrong in a command, as one sentence, a way out, an error code and how the command ends."""

from graph.errors import Conflict, GraphError, StatementTimeout
from graph.refusals import Refusal
from registry.commands.opened import Failure
from registry.listening import CannotServe
from registry.settings import SettingsError

__all__ = ["told"]


def told(error: Exception) -> Failure | None:
    """What to tell of an error; `None` for one that nobody foresaw."""
    if isinstance(error, Failure):
        return error
    if isinstance(error, Refusal):
        return Failure(f"{error}.", code=error.code)
    if isinstance(error, GraphError):
        return Failure(error.message, error.way_out, code=_code(error))
    if isinstance(error, SettingsError):
        return Failure(str(error), status=2)
    if isinstance(error, CannotServe):
        return Failure(error.message, error.way_out, status=2 if error.usage else 1)
    if isinstance(error, OSError):
        return Failure(f"{error.filename or 'The system'}: {error.strerror or error}.")
    return None


def _code(error: GraphError) -> str:
    if isinstance(error, StatementTimeout):
        return "TIMEOUT"
    return "CONFLICT" if isinstance(error, Conflict) else "INTERNAL"
