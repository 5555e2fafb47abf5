"""Where statements of Transact-SQL begin, which need nothing between them."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from connectors.sql_split import words

_ALWAYS = words(
    "TRUNCATE DECLARE IF WHILE BEGIN RETURN PRINT OPEN CLOSE DEALLOCATE RAISERROR THROW COMMIT ROLLBACK GOTO WAITFOR"
    " GRANT DENY REVOKE BREAK CONTINUE USE"
)
_SETS = frozenset({"UNION", "ALL", "EXCEPT", "INTERSECT", "AS", "FOR", "("})
_EVENTS = frozenset({"THEN", "FOR", "AFTER", "OF", ",", "GRANT", "DENY", "REVOKE"})
_OBJECTS = words("TABLE VIEW PROCEDURE PROC FUNCTION TRIGGER INDEX SCHEMA DATABASE TYPE SYNONYM SEQUENCE")


class Word(Protocol):
    """What is looked at of a token."""

    @property
    def kind(self) -> str: ...

    @property
    def text(self) -> str: ...


def parts(listed: Sequence[Word]) -> Iterator[tuple[int, int]]:
    """From where to where each statement goes."""
    begin, head, depth, cases, pending = 0, "", 0, 0, False
    for at, token in enumerate(listed):
        word = token.text
        depth += (word == "(") - (word == ")")
        if token.kind != "word" or depth > 0:
            continue
        if word == "CASE":
            cases += 1
        elif word == "END" and cases:
            cases -= 1
        elif not cases and (not head or _starts(listed, at, head, pending)):
            yield begin, at
            begin, head, pending = at, word, word in ("INSERT", "WITH", "UPDATE")
        elif head == "DECLARE" and word == "CURSOR":
            pending = True
        elif pending and _settles(word, head, listed, at):
            head, pending = (word, word in ("INSERT", "UPDATE")) if head == "WITH" else (head, False)
    yield begin, len(listed)


def _text(listed: Sequence[Word], at: int) -> str:
    return listed[at].text if 0 <= at < len(listed) else ""


def _starts(listed: Sequence[Word], at: int, head: str, pending: bool) -> bool:
    """Whether a word begins another statement, rather than going on with the one that `head` began.

    `pending`: the statement still waits for its SELECT (INSERT, WITH) or its SET (UPDATE).
    """
    word, before, after = listed[at].text, _text(listed, at - 1), _text(listed, at + 1)
    routine = head in ("CREATE", "ALTER") and before == "AS"
    if word in ("SELECT", "EXEC", "EXECUTE"):
        waits = pending and head in ("INSERT", "WITH", "DECLARE")
        owner = word != "SELECT" and (before == "WITH" or after == "AS")
        return not waits and not owner and (before not in _SETS or (routine and _is_routine(listed, at)))
    if word in ("INSERT", "UPDATE", "DELETE", "MERGE"):
        ours = before in _EVENTS or after in ("(", "JOIN") or (pending and head == "WITH")
        return not ours
    if word == "SET":
        return not ((pending and head == "UPDATE") or before in ("UPDATE", "DELETE", "NULL") or head == "ALTER")
    if word == "WITH":
        return before not in ("AS", ")", "(") and _text(listed, at + 2) in ("AS", "(") and head != "WITH"
    if word in ("CREATE", "ALTER", "DROP"):
        return after in _OBJECTS or after == "OR"
    if word == "FETCH":
        return before not in ("ROWS", "ROW")
    if word in ("ELSE", "END"):
        return True
    return word in _ALWAYS and not (word == "IF" and before in _OBJECTS) and before not in ("OPTION", "FOR")


def _is_routine(listed: Sequence[Word], at: int) -> bool:
    """Whether the nearest CREATE or ALTER before is that of a routine, whose statements follow AS."""
    for back in range(at - 1, -1, -1):
        if listed[back].text in ("CREATE", "ALTER"):
            return any(_text(listed, back + step) in ("PROCEDURE", "PROC", "FUNCTION", "TRIGGER") for step in (1, 3))
    return False


def _settles(word: str, head: str, listed: Sequence[Word], at: int) -> bool:
    """Whether a word is what the statement waited for."""
    if head == "UPDATE":
        return word == "SET"
    if head == "DECLARE":
        return word == "SELECT"
    if head == "WITH":
        return word in ("SELECT", "INSERT", "UPDATE", "DELETE", "MERGE")
    return word in ("SELECT", "VALUES", "EXEC", "EXECUTE", "DEFAULT")
