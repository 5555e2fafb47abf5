"""The command line: runs a command (`registry/calls.py`) and tells what became of it.

Ends with 0 when it is done, 1 when something was refused or problems were found, 2 when it was called
wrongly, 130 after Ctrl-C.
"""

import os
import sys
import tempfile
import traceback
from typing import Any

from typer.exceptions import Abort, TyperException

from registry.calls import app

__all__ = ["app", "main"]

_STOPPED = 130
"""The exit status after Ctrl-C, as shells have it."""


def main() -> None:
    """Run the command line and exit."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal that cannot show a character shows a question mark
    try:
        status = _run(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:
        status = 0  # whoever read this has seen enough
    if status == 0 and _reader_gone():
        # Python flushes once more on its way out, and would complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.exit(status)


def _reader_gone() -> bool:
    try:
        sys.stdout.flush()
    except (BrokenPipeError, ValueError):
        return True
    return False


def _run(arguments: list[str]) -> int:
    """The exit status of a call. All errors end here: a sentence and a way out, never a traceback."""
    try:
        status = app(args=arguments, standalone_mode=False, prog_name="registry")
        if status == _STOPPED:
            return _stopped(arguments)
        return status if isinstance(status, int) else 0
    except (KeyboardInterrupt, Abort):
        return _stopped(arguments)
    except BrokenPipeError:
        raise
    except TyperException as error:
        return _misused(error, arguments)
    except Exception as error:
        return _stopped(arguments) if _was_interrupted(error) else _failed(error, arguments)


def _stopped(arguments: list[str]) -> int:
    """Ctrl-C: say so, and that nothing is lost."""
    goes_on = "What was written stays; the same import again does the rest." if "import" in arguments[:1] else ""
    _complain("Stopped.", goes_on, arguments, code=None)
    return _STOPPED


def _was_interrupted(error: BaseException | None) -> bool:
    """Whether Ctrl-C is behind an error: it may strike while a module loads, which then fails in its own way."""
    while error is not None:
        if isinstance(error, KeyboardInterrupt):
            return True
        error = error.__cause__ or error.__context__
    return False


def _misused(error: TyperException, arguments: list[str]) -> int:
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":
        sys.stderr.write(str(error) + "\n")
        return 2
    path = context.command_path if context is not None else "registry"
    _complain(error.format_message().replace("Value error, ", ""), f"`{path} --help` shows how.", arguments)
    return 2


def _failed(error: Exception, arguments: list[str]) -> int:
    from registry.failures import told

    known = told(error)
    if known is None:
        return _broken(error, arguments)
    _complain(known.message, known.way_out, arguments, code=known.code)
    return known.status


def _broken(error: Exception, arguments: list[str]) -> int:
    """A fault of ours: the details go to a file, for a report."""
    with tempfile.NamedTemporaryFile(
        "w", prefix="registry-error-", suffix=".txt", delete=False, encoding="utf-8"
    ) as file:
        file.write("".join(traceback.format_exception(error)))
    message = f"Something went wrong that should not ({type(error).__name__})."
    _complain(message, f"{file.name} says more: please report it.", arguments, code="INTERNAL")
    return 1


def _complain(message: str, way_out: str, arguments: list[str], code: str | None = "BAD_INPUT") -> None:
    from registry.terminal import notices, print_json

    text = f"{message} {way_out}".strip()
    notices().print(text, style="red")
    if code is not None and _wants_json(arguments):
        error: dict[str, Any] = {"message": text, "extensions": {"code": code}}
        print_json({"errors": [error]})


def _wants_json(arguments: list[str]) -> bool:
    pairs = zip(arguments, [*arguments[1:], ""], strict=True)
    return any(one == "--format=json" or (one == "--format" and other == "json") for one, other in pairs)


if __name__ == "__main__":
    main()
