"""Procedures, blocks and scripts taken apart: the statements in them, what their variables hold, what is not followed.

Control flow does not matter to lineage – a branch may run, so its statements count – and is taken away from in front
of statements. What dialects write differently is told apart by the words themselves.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from connectors.sql_split import Piece, words
from connectors.sql_transact import parts

STATEMENT, LOOP, ASSIGN, FETCH, DECLARE, BODY, DYNAMIC, LOST, ROUTINE = (
    "statement",
    "loop",
    "assign",
    "fetch",
    "declare",
    "body",
    "dynamic",
    "lost",
    "routine",
)
"""What a unit is: SQL to follow; a query that a variable or cursor runs over; a value for a variable; variables that
a cursor fills; names of variables; a script inside; one that is
executed from a string, which sees no variables; what cannot be followed; the beginning of a routine."""

TOKEN = re.compile(
    r"(?P<skip>\s++|--[^\n]*+|/\*(?:[^*]|\*(?!/))*+\*/)"
    r"|(?P<string>[nN]?'(?:[^'\\]|''|\\.)*+')"
    r"|(?P<word>[^\W\d][\w$#]*+|@{1,2}[\w$#]++)"
    r"|(?P<quoted>\"(?:[^\"]|\"\")*+\"|`[^`]*+`|\[[^\]\n]{0,128}+\])"
    r"|(?P<heredoc>\$(?P<tag>\w{0,64})\$.*?\$(?P=tag)\$)"
    r"|(?P<other>:=|<<|>>|\|\||.)",
    re.DOTALL,
)
_FIRST = re.compile(r"(?:\s|\()*([^\W\d]\w*)")
_PLAIN = words(
    "SELECT INSERT UPDATE DELETE MERGE WITH VALUES TRUNCATE DROP ALTER USE FROM REPLACE COPY CACHE REFRESH ANALYZE"
    " GRANT REVOKE COMMENT SHOW EXPLAIN DESCRIBE LOAD RENAME UNLOAD MSCK VACUUM UPSERT UNCACHE LOCK TABLE"
)
_ROUTINE = re.compile(
    r"(?:(?:CREATE|ALTER)\b(?:\s+(?:OR\s+(?:REPLACE|ALTER)|EDITIONABLE|NONEDITIONABLE|TEMP|TEMPORARY|AGGREGATE"
    r"|DEFINER\s*=\s*\S+|SECURE|CONSTRAINT))*\s+)?(PROCEDURE|PROC|FUNCTION|TRIGGER|PACKAGE)\b",
    re.IGNORECASE,
)
_LANGUAGE = re.compile(r"\bLANGUAGE\s+'?(\w+)", re.IGNORECASE)
_LANGUAGES = frozenset({"sql", "plpgsql", "plsql", "pgplsql", "spl"})
_NOTHING = words(
    "UNTIL LEAVE ITERATE EXIT CONTINUE NULL RAISE CLOSE COMMIT ROLLBACK SAVEPOINT SIGNAL RESIGNAL GET PRAGMA TYPE"
    " SUBTYPE START RELEASE PRINT RAISERROR THROW GOTO WAITFOR DEALLOCATE BREAK SAVE ABORT LET ASSERT"
)
_ALL_OF = "SELECT * FROM "
_DROPPED = frozenset({"ELSE", "EXCEPTION", "LOOP", "REPEAT", "DO", "THEN", "EXECUTE_SECTION"})
_UNTIL: dict[str, frozenset[str]] = {
    "IF": frozenset({"THEN"}),
    "ELSIF": frozenset({"THEN"}),
    "ELSEIF": frozenset({"THEN"}),
    "WHEN": frozenset({"THEN"}),
    "CASE": frozenset({"THEN"}),
    "WHILE": frozenset({"LOOP", "DO"}),
}


@dataclass(frozen=True, slots=True)
class Token:
    """A word (in capitals), a string or a sign, and where it stands in its piece."""

    kind: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Unit:
    """Something to follow: what it is (one of the words above), its text, and the variables that it is about."""

    what: str
    piece: Piece
    names: tuple[str, ...] = ()


def tokens(text: str) -> list[Token]:
    """The tokens of a text, without space and comments."""
    found = []
    for match in TOKEN.finditer(text):
        kind = match.lastgroup or ""
        if kind == "tag":
            kind = "heredoc"
        if kind == "skip":
            continue
        word = match[0].upper() if kind == "word" else match[0]
        found.append(Token(kind, word, match.start(), match.end()))
    return found


class Blocks:
    """Takes the pieces of one text in their order; remembers whether they stand inside a routine."""

    def __init__(self, dialect: str) -> None:
        self._transact = dialect in ("tsql", "fabric")
        self._depth = 0
        self.inside = False

    def units(self, piece: Piece) -> Iterator[Unit]:
        """What there is to follow in a piece."""
        first = _FIRST.match(piece.text)
        word = first[1].upper() if first else ""
        routine = _ROUTINE.match(piece.text)
        if not self._transact:
            if routine is None and (word in _PLAIN or (word == "CREATE" and not self.inside)):
                yield Unit(STATEMENT, piece)
            else:
                yield from self._strip(piece, tokens(piece.text))
            return
        listed = tokens(piece.text)
        for begin, end in parts(listed):
            if begin < end:
                part = piece.part(listed[begin].start, listed[end - 1].end)
                yield from self._strip(part, tokens(part.text))

    def _strip(self, piece: Piece, listed: Sequence[Token]) -> Iterator[Unit]:
        """Takes away what stands in front of a statement, and yields what it says of variables."""
        at = 0
        while at < len(listed):
            token = listed[at]
            word = token.text
            if word == "BEGIN":
                at = _after(listed, at + 1, {"NOT", "ATOMIC", "TRAN", "TRANSACTION", "WORK", "TRY", "CATCH"})
                if at < len(listed):
                    self._depth += 1
                    self.inside = True
            elif word in _DROPPED and not (word == "DO" and _next(listed, at).kind in ("heredoc", "string")):
                at += 1
            elif word == "<<":
                at = _find(listed, at, frozenset({">>"})) + 1
            elif _next(listed, at).text == ":" and word not in _PLAIN:
                at += 2
            elif word in _UNTIL and not (word == "CASE" and not self.inside):
                at = _find(listed, at + 1, _UNTIL[word]) + 1
            elif word == "FOR":
                end = _find(listed, at + 1, frozenset({"LOOP", "DO"}))
                yield from self._loop(piece, listed[at + 1 : end])
                at = end + 1
            else:
                yield from self._unit(piece, listed[at:])
                return

    def _unit(self, piece: Piece, listed: Sequence[Token]) -> Iterator[Unit]:
        word, after = listed[0].text, _next(listed, 0)
        rest = piece.part(listed[0].start)
        if word == "END":
            self._ended(after.text)
            return
        if word in _NOTHING:
            return
        special = self._special(word, after.text, piece, listed)
        if _ROUTINE.match(rest.text):
            yield from self._routine(rest, tokens(rest.text))
        elif special is not None:
            yield from special
        elif after.text == ":=":
            yield Unit(ASSIGN, piece.part(after.end), (listed[0].text,))
        elif word in _PLAIN or word in ("CREATE", "SET", "(", "DECLARE") or not self.inside:
            yield Unit(STATEMENT, rest)
        elif listed[0].kind == "word" and after.kind in ("word", "quoted"):
            yield from self._declared(piece, listed)
        else:
            yield Unit(LOST, rest)

    def _special(self, word: str, after: str, piece: Piece, listed: Sequence[Token]) -> Iterator[Unit] | None:
        """What stands only in routines, by its first word."""
        rest = piece.part(listed[0].start)
        if word == "DO":
            return _inner(rest, tokens(rest.text))
        if word == "DECLARE" and not self._transact:
            return self._declared(piece, listed[1:])
        if word == "RETURN":
            return self._returned(piece, listed)
        if word in ("CURSOR", "OPEN") or after == "CURSOR":
            return _cursor(piece, listed)
        if word == "FETCH":
            return _fetched(piece, listed)
        if word == "PERFORM":
            return iter([Unit(STATEMENT, Piece("SELECT " + rest.text[len(word) :], rest.start))])
        if word in ("EXECUTE", "EXEC", "CALL"):
            return iter([_dynamic(rest, listed)])
        return None

    def _ended(self, what: str) -> None:
        if what not in ("IF", "LOOP", "CASE", "WHILE", "REPEAT", "FOR"):
            self._depth = max(self._depth - 1, 0)
            self.inside = self._depth > 0

    def _declared(self, piece: Piece, listed: Sequence[Token]) -> Iterator[Unit]:
        """Variables of a section or of one DECLARE, and the value that one begins with."""
        self.inside = True
        if not listed or listed[0].text in ("CONTINUE", "EXIT", "UNDO") or _next(listed, 0).text == "HANDLER":
            return
        if _next(listed, 0).text == "CURSOR" or listed[0].text == "CURSOR":
            yield from _cursor(piece, listed)
            return
        if listed[0].text in ("BEGIN", "TYPE", "PRAGMA", "SUBTYPE"):
            return
        names = [listed[0].text]
        at = 1
        while at + 1 < len(listed) and listed[at].text == "," and listed[at + 1].kind == "word":
            names.append(listed[at + 1].text)
            at += 2
        yield Unit(DECLARE, piece, tuple(names))
        value = _find(listed, at, frozenset({":=", "DEFAULT"}))
        if value + 1 < len(listed):
            yield Unit(ASSIGN, piece.part(listed[value].end), tuple(names))

    def _routine(self, piece: Piece, listed: Sequence[Token]) -> Iterator[Unit]:
        """The head of a routine: its parameters; then its body, in a string or as the statements that come."""
        yield Unit(ROUTINE, piece, _parameters(listed, self._transact))
        yield from _rows(piece, listed)
        body = next((token for token in listed if token.kind == "heredoc"), None)
        language = _LANGUAGE.search(piece.text)
        if language is not None and language[1].lower() not in _LANGUAGES:
            yield Unit(LOST, piece)
            return
        at = _body(listed)
        if body is None and at < len(listed) and listed[at].kind == "string":
            body = listed[at]
        if body is not None:
            yield from _inner(piece, [body])
            return
        self.inside = True
        if at < len(listed):
            yield from self._strip(piece, listed[at:])

    def _loop(self, piece: Piece, listed: Sequence[Token]) -> Iterator[Unit]:
        """FOR r IN (query), FOR r IN cursor, FOR r IN 1..10, FOR r AS c CURSOR FOR query."""
        if len(listed) < 3:
            return
        name = listed[0].text
        at = next((at for at, token in enumerate(listed) if token.text in ("IN", "FOR")), 0) + 1
        source = listed[at:]
        if not source:
            return
        text = piece.part(source[0].start, source[-1].end)
        if source[0].text in ("EXECUTE", "EXEC"):
            yield Unit(LOST, text)
        elif source[0].text in ("SELECT", "WITH") or (source[0].text == "(" and _next(source, 0).kind == "word"):
            yield Unit(LOOP, text, (name,))
        elif source[0].kind == "word" and ".." not in text.text:
            yield Unit(LOOP, text, (name, source[0].text))
        else:
            yield Unit(DECLARE, text, (name,))

    def _returned(self, piece: Piece, listed: Sequence[Token]) -> Iterator[Unit]:
        rest = listed[2:] if _next(listed, 0).text in ("QUERY", "TABLE") else listed[1:]
        if rest and rest[0].text in ("SELECT", "WITH", "(", "VALUES"):
            yield Unit(STATEMENT, piece.part(rest[0].start))
        elif rest and rest[0].text in ("EXECUTE", "EXEC"):
            yield _dynamic(piece.part(rest[0].start), rest)


_END = Token("end", "", 0, 0)


def _next(listed: Sequence[Token], at: int) -> Token:
    return listed[at + 1] if at + 1 < len(listed) else _END


def _after(listed: Sequence[Token], at: int, words: set[str]) -> int:
    while at < len(listed) and listed[at].text in words:
        at += 1
    return at


def _find(listed: Sequence[Token], at: int, words: frozenset[str]) -> int:
    """Where the first of these words stands outside brackets and CASE; the end if nowhere."""
    depth = cases = 0
    while at < len(listed):
        word = listed[at].text
        depth += (word == "(") - (word == ")")
        if depth <= 0 and word in words and not cases:
            return at
        if listed[at].kind == "word":
            cases += (word == "CASE") - (word == "END" and cases > 0)
        at += 1
    return at


def _cursor(piece: Piece, listed: Sequence[Token]) -> Iterator[Unit]:
    """CURSOR c IS query, c CURSOR FOR query, OPEN c FOR query."""
    name = listed[1].text if listed[0].text in ("CURSOR", "OPEN") and len(listed) > 1 else listed[0].text
    at = next((at for at, token in enumerate(listed) if token.text in ("SELECT", "WITH")), len(listed))
    if at < len(listed):
        yield Unit(LOOP, piece.part(listed[at].start), (name,))
    elif listed[0].text == "OPEN" and len(listed) > 3:
        yield Unit(LOST, piece.part(listed[0].start))


def _fetched(piece: Piece, listed: Sequence[Token]) -> Iterator[Unit]:
    at = _find(listed, 0, frozenset({"INTO"}))
    if 0 < at < len(listed):
        names = tuple(token.text for token in listed[at + 1 :] if token.kind == "word")
        yield Unit(FETCH, piece, (listed[at - 1].text, *names))


def _dynamic(piece: Piece, listed: Sequence[Token]) -> Unit:
    """The SQL of EXECUTE where it is one constant; else what is not followed."""
    at = _after(listed, 1, {"IMMEDIATE", "SP_EXECUTESQL", "DBO", "SYS", ".", "("})
    alone = at < len(listed) and listed[at].kind in ("string", "heredoc")
    after = _next(listed, at).text
    if not alone or after not in ("", ")", ",", "USING", "INTO") or listed[0].text == "CALL":
        return Unit(LOST, piece)
    shift = listed[0].start
    text = Token(listed[at].kind, listed[at].text, listed[at].start - shift, listed[at].end - shift)
    return Unit(DYNAMIC, next(_inner(piece, [text])).piece)


def _inner(piece: Piece, listed: Sequence[Token]) -> Iterator[Unit]:
    """A script that stands in a string."""
    token = next((token for token in listed if token.kind in ("heredoc", "string")), None)
    if token is None:
        return
    text = token.text
    if token.kind == "heredoc":
        tag = text.index("$", 1) + 1
        yield Unit(BODY, Piece(text[tag:-tag], piece.start + token.start + tag))
    else:
        lead = text.index("'") + 1
        yield Unit(BODY, Piece(text[lead:-1].replace("''", "'"), piece.start + token.start + lead))


def _rows(piece: Piece, listed: Sequence[Token]) -> Iterator[Unit]:
    """The rows that a trigger is told of."""
    heads = [token.text for token in listed[:8]]
    at = _find(listed, 0, frozenset({"ON"})) + 1
    if "TRIGGER" not in heads or at >= len(listed):
        return
    end = at + 1
    while end + 1 < len(listed) and listed[end].text == ".":
        end += 2
    query = Piece(_ALL_OF + piece.text[listed[at].start : listed[end - 1].end], piece.start)
    for name in ("NEW", "OLD", "INSERTED", "DELETED"):
        yield Unit(LOOP, query, (name,))


def _parameters(listed: Sequence[Token], transact: bool) -> tuple[str, ...]:
    """Names of the parameters of a routine; in Transact-SQL they cannot be taken for columns."""
    begin = next((at for at, token in enumerate(listed) if token.text == "("), None)
    if begin is None or transact:
        return ()
    names, depth, fresh = [], 0, True
    for token in listed[begin:]:
        depth += (token.text == "(") - (token.text == ")")
        if depth == 0:
            break
        if depth == 1 and token.text in ("(", ","):
            fresh = True
        elif fresh and token.text not in ("IN", "OUT", "INOUT", "VARIADIC"):
            fresh = False
            if token.kind == "word":
                names.append(token.text)
    return tuple(names)


def _body(listed: Sequence[Token]) -> int:
    """Where the body of a routine begins."""
    depth = 0
    for at, token in enumerate(listed):
        depth += (token.text == "(") - (token.text == ")")
        if depth or token.kind != "word" or at < 2:
            continue
        if token.text in ("AS", "IS") and _next(listed, at).text not in ("CALLER", "OWNER", "SELF", "IDENTIFIER"):
            return at + 1
        if token.text == "BEGIN" or (token.text in _HEADS and listed[at - 1].text not in _EVENTS):
            return at
    return len(listed)


_HEADS = frozenset({"INSERT", "UPDATE", "DELETE", "SELECT", "MERGE", "REPLACE", "WITH", "CALL", "SET", "RETURN", "IF"})
_EVENTS = frozenset({"BEFORE", "AFTER", "OF", "OR", ",", "FOR", "ON", "PROCEDURE", "FUNCTION", "TRIGGER", "EXECUTE"})
