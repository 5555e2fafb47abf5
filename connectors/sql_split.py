"""SQL text cut into pieces that can each be read alone, whatever is wrong with the others.

A piece ends at `;` wherever it stands outside quotes and comments – inside the body of a procedure too, which
`sql_blocks` takes apart – and at what clients end a statement with: `GO`, `/`, `DELIMITER //`. One pass, no
look-ahead that grows with the text.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from sqlglot.dialects.dialect import Dialect

_HEREDOCS = frozenset({"", "postgres", "redshift", "snowflake", "duckdb", "databricks", "materialize", "risingwave"})
_SLASHES = frozenset({"", "oracle"})
_COPY = re.compile(r"COPY\b[^;]*\bFROM\s+STDIN\b", re.IGNORECASE)
_BODY = re.compile(r"/\*|\*/")
_CLOSING = {"[": "]", "(": ")", "{": "}", "<": ">"}
_LOST_TAGS = 100


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text: its own text, and where in the whole text it begins."""

    text: str
    start: int

    def part(self, start: int, end: int | None = None) -> "Piece":
        """A part of this piece."""
        return Piece(self.text[start:end], self.start + start)


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


class Places:
    """Lines and columns, from 1, of the offsets in a text."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]

    def at(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1


@dataclass(frozen=True, slots=True)
class Lexis:
    """What a dialect's text consists of, as far as splitting needs to know."""

    marks: str
    strings: dict[str, re.Pattern[str]]
    line_comments: tuple[str, ...]
    nested: bool


@lru_cache(maxsize=64)
def lexis(dialect: str) -> Lexis:
    """Quotes and comments of a dialect. Raises ValueError for one that there is not."""
    tokenizer = Dialect.get_or_raise(dialect or None).tokenizer_class
    escaped = r"\\.|" if "\\" in tokenizer.STRING_ESCAPES else ""
    strings: dict[str, re.Pattern[str]] = {}
    for start, end in tokenizer._QUOTES.items():
        last = re.escape(end)
        twice = last * 2 + "|" if len(end) == 1 else ""
        strings[start] = re.compile(f"(?:{escaped}{twice}(?!{last}).)*+{last}", re.DOTALL)
    for start, end in tokenizer._IDENTIFIERS.items():
        last = re.escape(end)
        strings.setdefault(start, re.compile(rf"(?:[^{last}\n]|{last}{last}){{0,128}}+{last}"))
    lines = tuple(start for start, end in tokenizer._COMMENTS.items() if end is None and start != "/*")
    marks = [*sorted({*strings, *lines}, key=len, reverse=True), "/*", ";"]
    pattern = "|".join(map(re.escape, marks))
    if dialect in _HEREDOCS:
        pattern += r"|\$(?:[^\W\d]\w*)?\$"
    if dialect == "oracle":
        pattern += r"|(?i:\bn?q'[^\s\w])"
    pattern += r"|^[ \t]*(?i:GO(?:[ \t]+\d+)?)[ \t]*;?[ \t]*\r?$"
    pattern += r"|^[ \t]*(?i:DELIMITER)[ \t]+\S+[ \t]*\r?$|^\\\w[^\n]*$"
    if dialect in _SLASHES:
        pattern += r"|^[ \t]*/[ \t]*\r?$"
    if dialect == "oracle":
        commands = r"SET[ \t]+\w+[ \t]+(?:ON|OFF|\d+)|PROMPT|SPOOL|WHENEVER|REM|EXIT|@@?[\w./]+"
        pattern += rf"|^[ \t]*(?i:{commands})(?:[ \t;][^\n]*)?$"
    return Lexis(pattern, strings, lines, bool(tokenizer.NESTED_COMMENTS))


class Splitter:
    """One pass over a text. `unclosed` are the offsets of quotes and comments that nothing ends."""

    def __init__(self, text: str, dialect: str) -> None:
        self._text = text
        self._lexis = lexis(dialect)
        self._marks = _marks(dialect, "")
        self._dialect = dialect
        self._ignored: set[str] = set()
        self._lost_tags = 0
        self._delimiter = ""
        self.unclosed: list[int] = []

    def pieces(self) -> Iterator[Piece]:
        """The pieces that hold more than comments, in their order."""
        text, begin, at = self._text, 0, 0
        while (found := self._marks.search(text, at)) is not None:
            mark, where = found[0], found.start()
            if self._ends(mark):
                piece = self._piece(begin, where)
                if piece is not None:
                    yield piece
                begin = at = self._after(mark, found.end(), piece)
                continue
            comment = mark in self._lexis.line_comments or mark == "/*"
            at = self._skip(mark, where, found.end())
            if comment and not text[begin:where].strip():
                begin = at
        piece = self._piece(begin, len(text))
        if piece is not None:
            yield piece

    def _piece(self, begin: int, end: int) -> Piece | None:
        text = self._text[begin:end]
        lead = len(text) - len(text.lstrip())
        return Piece(text.strip(), begin + lead) if lead < len(text) else None

    def _ends(self, mark: str) -> bool:
        if mark == ";" or mark == self._delimiter:
            return True
        word = mark.strip().rstrip("; \t\r")
        return word == "/" or word[:2].upper() == "GO" or word[:1] == "\\" or _is_command(word)

    def _after(self, mark: str, end: int, piece: Piece | None) -> int:
        self._delimit(mark)
        if piece is not None and mark == ";" and _COPY.match(piece.text):
            rest = self._text.find("\n\\.", end)
            return len(self._text) if rest < 0 else rest + 3
        return end

    def _delimit(self, mark: str) -> None:
        words = mark.split()
        if len(words) == 2 and words[0].upper() == "DELIMITER" and words[1] != self._delimiter:
            self._delimiter = "" if words[1] == ";" else words[1]
            self._marks = _marks(self._dialect, self._delimiter)

    def _skip(self, mark: str, where: int, end: int) -> int:
        """Where what a mark begins has its end."""
        if mark in self._lexis.line_comments:
            line = self._text.find("\n", end)
            return len(self._text) if line < 0 else line
        if mark == "/*":
            return self._comment(where, end)
        if mark.startswith("$"):
            return self._heredoc(mark, end)
        if mark in self._ignored:
            return end
        if mark[:1] in "nNqQ":
            close = self._text.find(_CLOSING.get(mark[-1], mark[-1]) + "'", end)
            if close < 0:
                self._ignored.add(mark)
                self.unclosed.append(where)
            return end if close < 0 else close + 2
        match = self._lexis.strings[mark].match(self._text, end)
        if match is None:
            if mark != "[":
                self._ignored.add(mark)
                self.unclosed.append(where)
            return end
        return match.end()

    def _comment(self, where: int, end: int) -> int:
        depth = 1
        for found in _BODY.finditer(self._text, end):
            if found[0] == "*/":
                depth -= 1
            elif self._lexis.nested:
                depth += 1
            if not depth:
                return found.end()
        self.unclosed.append(where)
        return len(self._text)

    def _heredoc(self, mark: str, end: int) -> int:
        if self._lost_tags >= _LOST_TAGS:
            return end
        close = self._text.find(mark, end)
        if close < 0:
            self._lost_tags += 1
            return end
        return close + len(mark)


def _is_command(word: str) -> bool:
    """Whether a mark is a line for a client, such as SPOOL of SQL*Plus."""
    first = word.split(maxsplit=1)[0].upper() if word else ""
    return first in ("DELIMITER", "SET", "PROMPT", "SPOOL", "WHENEVER", "REM", "EXIT") or first[:1] == "@"


@lru_cache(maxsize=64)
def _marks(dialect: str, delimiter: str) -> re.Pattern[str]:
    pattern = lexis(dialect).marks
    if delimiter:
        pattern = f"{re.escape(delimiter)}|{pattern}"
    return re.compile(pattern, re.MULTILINE)
