"""What a document may not exceed before it is executed, each counted in time linear in the document's size.

Before it is parsed: tokens, the digits of a number, how deep brackets are nested, how often a selection has the same,
and what one operation or fragment has by itself of directives, aliases and root fields, since a parser takes twenty
times as long. Before it is validated: depth, fields after spreading fragments, aliases, directives, operations,
fragments, variables, root fields. When the variables are known: its cost. A fragment is measured once, however often
it is spread.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    Node,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_composite_type,
)

from resolvers.costs import Bill, Item, Prices


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that is allowed. The introspection query of clients has a depth of 15 and 250 tokens."""

    tokens: int = 5_000
    nesting: int = 80
    depth: int = 20
    fields: int = 5_000
    aliases: int = 200
    directives: int = 50
    operations: int = 20
    fragments: int = 100
    variables: int = 100
    root_fields: int = 30
    repeats: int = 20
    """Of one field, alias or fragment in one selection, with the inline fragments in it: each is compared with each."""
    arguments: int = 60
    """Of one field, or keys of one object among them."""
    digits: int = 40
    """Of one number, with its sign and all: Python reads no number of thousands."""
    introspections: int = 3
    cost: int = 200_000
    values: int = 20_000
    """Of the variables: lists and objects count with what is in them."""
    seconds: float = 30
    """From the beginning of the execution to its end."""


_TOKEN = re.compile(
    r'"""(?:[^"\\]+|\\"""|\\|"(?!""))*(?:"""|\Z)|"(?:[^"\\\n\r]+|\\.)*"?|#[^\n\r]*|\.\.\.|[_A-Za-z][_0-9A-Za-z]*|-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|([({\[])|([)}\]])|[^\s,\ufeff]'
)


class TooMuch(GraphQLError):
    """A document beyond a limit."""

    def __init__(self, what: str, found: int, allowed: int, node: Node | None = None) -> None:
        number = f"{found:,}" if found < 10**9 else "over a thousand million"
        message = f"The document has {number} {what}; at most {allowed:,} are allowed. Ask in several requests."
        super().__init__(message, node, extensions={"code": "TOO_COSTLY"})


def scan(text: str, limits: Limits) -> None:
    """Refuse a text that is too much to be parsed, raising TooMuch at the first token too many; comments count."""
    deep, within = 0, _Definition(limits)
    for tokens, match in enumerate(_TOKEN.finditer(text), 1):
        kind, mark = match.lastindex, match[0]
        if kind:
            deep += 1 if kind == 1 else -1
            if deep > limits.nesting:
                raise TooMuch("levels of brackets or more", deep, limits.nesting)
        if tokens > limits.tokens:
            raise TooMuch("tokens or more", tokens, limits.tokens)
        if len(mark) > limits.digits and mark[0] in "-0123456789":
            raise TooMuch("digits of one number", len(mark), limits.digits)
        if mark[0] != "#":
            within.take(mark, deep)
        if not deep and mark == "}":
            within = _Definition(limits)


class _Definition:
    """What one operation or fragment has by itself, as far as its tokens tell."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._selections = 0
        self._fragment: bool | None = None
        self._last = self._before = ""
        self._roots = self._aliases = self._directives = 0
        self._met: list[Counter[str]] = [Counter()]
        self._inline = False
        self._given = [0]

    def take(self, mark: str, deep: int) -> None:
        """The next mark, after which so many brackets are open. Raises TooMuch."""
        last, self._last = self._last, mark
        before, self._before = self._before, last
        if self._fragment is None:
            self._fragment = mark == "fragment"
        if mark == "{" and deep == self._selections + 1:
            if last == "...":
                self._meet("...")
            self._selections += 1
            self._met.append(self._met[-1] if self._inline else Counter())
            self._inline = False
        elif mark == "}" and 0 <= deep == self._selections - 1:
            self._selections -= 1
            self._met.pop()
        elif mark == ")" and deep == self._selections:
            self._given = [0]
        elif deep == self._selections:
            self._selected(mark, last, before)
        elif self._selections:
            self._argued(mark)

    def _argued(self, mark: str) -> None:
        """A token within the arguments of a field or directive."""
        if mark in "([{":
            self._given.append(0)
            _scanned("levels of values", len(self._given) - 1, self._limits.depth)
        elif mark in ")]}":
            self._given = self._given[:-1] or [0]
        elif mark == ":":
            self._given[-1] += 1
            _scanned("arguments of one field, or keys of one object", self._given[-1], self._limits.arguments)

    def _selected(self, mark: str, last: str, before: str) -> None:
        """A token that is not within arguments, and the two before it."""
        if mark == "@":
            if last == "...":
                self._meet("...")
            self._directives += 1
            _scanned("directives", self._directives, self._limits.directives)
        elif mark == ":":
            self._aliases += 1
            self._roots -= self._selections == 1 and last != _ENTITIES
            _scanned("aliases", self._aliases, self._limits.aliases)
        elif self._selections and (mark[0].isalpha() or mark[0] == "_") and last != "@":
            typed = last == "on" and before == "..."
            spread = typed or last == "..."
            if last != ":" and (mark, last) != ("on", "..."):
                self._meet(f"...on {mark}" if typed else f"...{mark}" if spread else mark)
            if self._selections == 1 and not self._fragment:
                self._roots += not spread and mark != _ENTITIES
                _scanned("root fields", self._roots - 1, self._limits.root_fields)  # the last may be an alias

    def _meet(self, what: str) -> None:
        """Count a field, alias or fragment of the selection that is open."""
        self._met[-1][what] += 1
        self._inline = what == "..." or what.startswith("...on ")
        _scanned(f"selections of {what[:100]} side by side", self._met[-1][what], self._limits.repeats)


def _scanned(what: str, found: int, allowed: int) -> None:
    if found > allowed:
        raise TooMuch(f"{what} or more", found, allowed)


@dataclass(slots=True)
class Size:
    """How much a selection is, what is spread counted each time."""

    depth: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0
    bill: Bill = field(default_factory=Bill)


_GOES_ROUND = Size()
"""What is known of a fragment while it is measured."""


class Measure:
    """Measures the operations of one document, raising TooMuch at the first limit that is exceeded."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, prices: Prices, limits: Limits) -> None:
        self._schema = schema
        self._prices = prices
        self._limits = limits
        self._sizes: dict[str, Size] = {}
        self.goes_round = False
        """Whether a fragment was met that is spread within itself."""
        self._fragments = {
            one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)
        }
        self.operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
        _within("operations", len(self.operations), limits.operations)
        _within("fragments", len(self._fragments), limits.fragments)

    def operation(self, node: OperationDefinitionNode) -> Bill:
        """Check one operation; what it costs."""
        limits = self._limits
        _within("variables", len(node.variable_definitions or ()), limits.variables, node)
        roots = self._roots(node.selection_set, set())
        _within("root fields", sum(name != _ENTITIES for name in roots), limits.root_fields, node)
        introspections = sum(name in _INTROSPECTION for name in roots)
        _within("root fields of introspection", introspections, limits.introspections, node)
        size = self._selection(node.selection_set, self._schema.get_root_type(node.operation))
        _within("levels of fields", size.depth, limits.depth, node)
        _within("fields", size.fields, limits.fields, node)
        _within("aliases", size.aliases, limits.aliases, node)
        _within("directives", size.directives + len(node.directives or ()), limits.directives, node)
        return size.bill

    def _selection(self, selections: SelectionSetNode, parent: GraphQLNamedType | None) -> Size:
        whole = Size()
        for node in selections.selections:
            one = self._one(node, parent)
            whole.depth = max(whole.depth, one.depth)
            whole.fields += one.fields
            whole.aliases += one.aliases
            whole.directives += one.directives + len(node.directives or ())
            whole.bill.add(one.bill)
        return whole

    def _one(self, node: Node, parent: GraphQLNamedType | None) -> Size:
        if isinstance(node, FragmentSpreadNode):
            return self._spread(node.name.value)
        if isinstance(node, InlineFragmentNode):
            return self._selection(node.selection_set, self._condition(node) or parent)
        assert isinstance(node, FieldNode)
        name = node.name.value
        found = self._schema.get_field(parent, name) if is_composite_type(parent) else None
        inner = Size()
        if node.selection_set:
            inner = self._selection(node.selection_set, get_named_type(found.type) if found else None)
        bill = Bill()
        bill.add(Item(self._prices.of(parent, name), node, inner.bill))
        aliases = inner.aliases + (node.alias is not None)
        return Size(inner.depth + 1, inner.fields + 1, aliases, inner.directives, bill)

    def _spread(self, name: str) -> Size:
        if name not in self._sizes:
            self._sizes[name] = _GOES_ROUND
            fragment = self._fragments.get(name)
            size = self._selection(fragment.selection_set, self._condition(fragment)) if fragment else Size()
            self._sizes[name] = size
        self.goes_round |= self._sizes[name] is _GOES_ROUND
        return self._sizes[name]

    def _condition(self, node: InlineFragmentNode | FragmentDefinitionNode) -> GraphQLNamedType | None:
        condition = node.type_condition
        return self._schema.get_type(condition.name.value) if condition else None

    def _roots(self, selections: SelectionSetNode, seen: set[str]) -> list[str]:
        """The names of the fields that it selects, each as often as it does."""
        names: list[str] = []
        for node in selections.selections:
            if isinstance(node, FieldNode):
                names.append(node.name.value)
            elif isinstance(node, InlineFragmentNode):
                names += self._roots(node.selection_set, seen)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in seen:
                seen.add(node.name.value)
                fragment = self._fragments.get(node.name.value)
                names += self._roots(fragment.selection_set, seen) if fragment else []
        return names


_INTROSPECTION = frozenset({"__schema", "__type"})
_ENTITIES = "_entities"
"""What gateways may ask for as often as they like: some ask at once what is needed in many places."""


def _within(what: str, found: int, allowed: int, node: Node | None = None) -> None:
    if found > allowed:
        raise TooMuch(what, found, allowed, node)


def values(variables: Any, most: int) -> int:
    """How many values there are in the variables; `most + 1` when there are more than `most`."""
    count, todo = 0, [variables]
    while todo and count <= most:
        value = todo.pop()
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        count += len(inner)
        todo += [one for one in inner if isinstance(one, dict | list)]
    return min(count, most + 1)
