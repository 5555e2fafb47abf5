"""The words that people leave on a filing: who they are, why they did it. None of them may give a login away."""

from graph.facts import holds_password, is_id
from graph.refusals import BadInput
from graph.statements import json_text

__all__ = ["by_text", "free_text", "title_text"]

LONGEST = 10_000
"""Characters of a reason."""


def title_text(text: str, argument: str) -> str:
    """A short text that somebody gives. Raises BadInput."""
    if not is_id(text) or not text.strip():
        raise BadInput(
            f"{argument}: must have 1 to 300 characters, none of them a control character", argument=argument
        )
    return _harmless(text.strip(), argument)


def by_text(text: str) -> str:
    """Who acts, as they call themselves. Raises BadInput."""
    return title_text(text, "by")


def free_text(text: str | None, argument: str) -> str | None:
    """A longer text; `None` where it says nothing. Raises BadInput."""
    if text is None or not text.strip():
        return None
    if len(text) > LONGEST:
        raise BadInput(f"{argument}: at most {LONGEST:,} characters, not {len(text):,}", argument=argument)
    try:
        json_text(text)
    except TypeError as error:
        raise BadInput(f"{argument}: holds half a character", argument=argument) from error
    return _harmless(text.strip(), argument)


def _harmless(text: str, argument: str) -> str:
    if holds_password(text):
        raise BadInput(f"{argument}: seems to hold a login, which is not kept; leave it out", argument=argument)
    return text
