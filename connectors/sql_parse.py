"""One statement's text to its syntax tree, with what the parser cannot be given kept from it."""

import logging
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import sqlglot
from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import ParseError, SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

LONGEST = 1_000_000
"""Characters of the longest statement that is read."""

_DEEPEST = 120
_MANY = 5_000
_DEEP = 512 * 1024 * 1024
_STACK = threading.Lock()
_JOINS = 12
_BRACKETS = 30
_RUN = 300
_ANGLES = 2_000
_BREAKS = frozenset(
    {
        *(TokenType.COMMA, TokenType.R_PAREN, TokenType.AND, TokenType.OR, TokenType.WHEN, TokenType.UNION),
        *(TokenType.EXCEPT, TokenType.INTERSECT, TokenType.PLUS, TokenType.DPIPE, TokenType.SEMICOLON, TokenType.JOIN),
    }
)
"""What stands between parts that the parser takes one after the other; more than so many tokens without one are one
in another."""

_OPEN = frozenset({TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE, TokenType.CASE})
_CLOSE = frozenset({TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE, TokenType.END})
_REPLACE = re.compile(r"REPLACE\s+(?:LOW_PRIORITY\s+|DELAYED\s+)?(?:INTO\s+)?(?=[\w`\"])", re.IGNORECASE)
_ROWS = re.compile(r"(?:INSERT|REPLACE)\b[^()]{0,500}(?:\([^()]{0,5000}\))?\s*VALUES\b", re.IGNORECASE)

Result = TypeVar("Result")

ODD = (AttributeError, IndexError, KeyError, NotImplementedError, RecursionError, TypeError, ValueError)
"""What the parser and its trees raise at input that nobody foresaw."""

# Texts that it takes as they are are told of by what was not followed; its log says it once more.
logging.getLogger("sqlglot").setLevel(logging.ERROR)


class NotParsed(Exception):
    """A statement is not taken. The offset is where in its text."""

    def __init__(self, message: str, code: str = "SQL_NOT_PARSED", offset: int = 0) -> None:
        super().__init__(message)
        self.code = code
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Parser:
    """sqlglot's parser of one dialect."""

    dialect: Dialect
    name: str

    def trees(self, text: str) -> list[exp.Expr]:
        """The statements of a text, usually one. Raises NotParsed."""
        if len(text) > LONGEST:
            if _ROWS.match(text[:6000]):
                return []
            raise NotParsed(f"the statement is longer than {LONGEST:,} characters", "SQL_TOO_LONG")
        if self.name in ("mysql", "mariadb", "singlestore", "doris", "starrocks", "") and text[:7].upper() == "REPLACE":
            text = _REPLACE.sub(lambda found: "INSERT INTO".ljust(len(found[0])), text, count=1)
        try:
            tokens = self.dialect.tokenize(text)
            if self.name in ("tsql", "fabric"):
                tokens = _set_plainly(tokens)
            _check(tokens)
            trees = self._parsed(tokens, text)
        except ParseError as error:
            raise self._refused(text, error) from None
        except SqlglotError:
            raise NotParsed("a quote or a comment in this statement has no end") from None
        except RecursionError:
            raise NotParsed("this is nested too deeply", "SQL_TOO_DEEP") from None
        except ODD:
            raise NotParsed("this statement was not understood") from None
        return [tree for tree in trees if tree is not None]

    def _parsed(self, tokens: list[Token], text: str) -> list[exp.Expr | None]:
        if len(tokens) < _MANY:
            return self.dialect.parser().parse(tokens, text)
        return in_deep_stack(lambda: self.dialect.parser().parse(tokens, text))

    def _refused(self, text: str, error: ParseError) -> NotParsed:
        first = error.errors[0] if error.errors else {}
        word = str(first.get("highlight") or "")
        line, column = int(first.get("line") or 1), int(first.get("col") or 1)
        start = 0
        for _ in range(line - 1):
            start = text.find("\n", start) + 1
        near = " ".join(word.split())[:40]
        offset = max(start + column - max(len(word), 1), 0)
        return NotParsed(f"this was not understood{f' at {near!r}' if near else ''}", offset=offset)


def in_deep_stack(work: Callable[[], Result]) -> Result:
    """Runs what may call itself once for each token, in compiled code that counts no depth, on a deep stack."""
    done: list[Result] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            done.append(work())
        except BaseException as error:  # handed to who waits
            failed.append(error)

    with _STACK:
        before = threading.stack_size(_DEEP)
        try:
            thread = threading.Thread(target=run, name="sql")
            thread.start()
        except RuntimeError:
            raise NotParsed("there is no memory to read a statement as long as this", "SQL_TOO_LONG") from None
        finally:
            threading.stack_size(before)
    thread.join()
    if failed:
        raise failed[0]
    return done[0]


@lru_cache(maxsize=64)
def parser(dialect: str) -> Parser:
    """The parser of a dialect. Raises ValueError for one that there is not."""
    return Parser(Dialect.get_or_raise(dialect or None), dialect)


def check_dialect(dialect: str) -> str:
    """The dialect's name as sqlglot knows it. Raises ValueError that says which there are."""
    known = sorted(name for name in sqlglot.Dialects.__members__.values() if name)
    word = dialect.strip().lower()
    word = _OTHER_NAMES.get(word, word)
    if word and word not in known:
        raise ValueError(f"there is no dialect {dialect!r}; there are {', '.join(known)}")
    return word


_OTHER_NAMES = {
    "postgresql": "postgres",
    "mariadb": "mysql",
    "mssql": "tsql",
    "sqlserver": "tsql",
    "synapse": "tsql",
    "opengauss": "postgres",
    "gaussdb": "postgres",
    "kingbase": "postgres",
    "greenplum": "postgres",
    "dm": "oracle",
    "sparksql": "spark",
    "ansi": "",
}


def _set_plainly(tokens: list[Token]) -> list[Token]:
    """`SET a += b` of Transact-SQL as `SET a = b`, which is how far the parser goes."""
    return [
        token
        for token, after in zip(tokens, [*tokens[1:], None], strict=True)
        if after is None
        or after.token_type is not TokenType.EQ
        or after.start != token.end + 1
        or token.text not in ("+", "-", "*", "/", "%", "&", "|", "^")
    ]


def _check(tokens: list[Token]) -> None:
    """Refuses what the parser would take too long for, or too deep a stack. Linear."""
    depth = joins = brackets = run = angles = 0
    before = None
    for token in tokens:
        kind = token.token_type
        run = 0 if kind in _BREAKS else run + 1
        if kind in _OPEN:
            depth += 1
        elif kind in _CLOSE:
            depth = max(depth - 1, 0)
        elif kind in (TokenType.ON, TokenType.USING, TokenType.SELECT):
            joins = 0
        elif kind is TokenType.JOIN:
            joins += before not in (TokenType.CROSS, TokenType.NATURAL)
        elif kind is TokenType.LT:
            angles += 1
        elif ">" in token.text:
            angles = max(angles - 2, 0)
        if kind is TokenType.L_BRACKET:
            brackets = brackets + 1 if before is TokenType.R_BRACKET else 1
        before = kind
        if depth > _DEEPEST or brackets > _BRACKETS or run > _RUN or angles > _ANGLES:
            raise NotParsed("this is nested too deeply", "SQL_TOO_DEEP", token.start)
        if joins > _JOINS:
            raise NotParsed(f"more than {_JOINS} joins follow each other without ON", "SQL_TOO_DEEP", token.start)
