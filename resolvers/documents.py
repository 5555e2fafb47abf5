"""Documents: parsed, measured and validated once, and kept with their plans for as long as there is room."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    ASTValidationRule,
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    NoFragmentCyclesRule,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    Visitor,
    parse,
    specified_rules,
    validate,
    value_from_ast_untyped,
    visit,
)
from graphql.language.ast import DirectiveNode
from graphql.validation.rules import overlapping_fields_can_be_merged as overlapping
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from graph.kept import Kept
from resolvers.costs import Bill, Prices
from resolvers.execution import Plans
from resolvers.limits import Measure, TooMuch, scan
from resolvers.options import Options
from resolvers.planned import variables_in

MOST_TEXT = 400_000
"""Characters of all the documents that are kept; one takes some 100 bytes a character, and its plans as much again."""
MOST_ERRORS = 5
RULES = (*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule)

overlapping.MAX_COMPLEXITY_BUDGET = 20_000  # a small part of what graphql-core allows: some 5 ms
_ABORTED = "Validation aborted."
_TOO_ALIKE = (
    "Too many fields of the same name are selected in one place, by several fragments: each has to be compared with "
    "each. Select what they share once, or ask in several requests."
)


class Refused(Exception):
    """A document that is not executed, with the errors to tell. `unfit`: it is the request that is wrong."""

    def __init__(
        self, errors: list[GraphQLError], document: DocumentNode | None = None, *, unfit: bool = False
    ) -> None:
        super().__init__(errors[0].message if errors else "")
        self.errors = errors
        self.document = document
        self.unfit = unfit


class Expensive(Refused):
    """An operation that costs more than is allowed: `cost`, or more."""

    def __init__(self, cost: int, allowed: int, node: OperationDefinitionNode) -> None:
        message = (
            f"The request may cost {cost:,}, more than the {allowed:,} that are allowed. "
            "Ask for fewer rows (`first`, `last`, `budget.maxNodes`), or in several requests."
        )
        super().__init__([GraphQLError(message, node, extensions={"code": "TOO_COSTLY"})])
        self.cost = cost
        self.node = node


@dataclass(slots=True)
class Operation:
    """One operation of a document."""

    node: OperationDefinitionNode
    bill: Bill
    defaults: Mapping[str, Any]

    @property
    def field(self) -> str:
        """The name of its root field, as the schema has it; `several` where it has more, or none, or fragments."""
        selections = self.node.selection_set.selections
        only = selections[0] if len(selections) == 1 else None
        return only.name.value if isinstance(only, FieldNode) else "several"

    def cost(self, variables: Mapping[str, Any]) -> int:
        """What it costs with these variables."""
        return self.bill.total({**self.defaults, **variables}, {})[0]


@dataclass(slots=True)
class Document:
    """A document that may be executed."""

    node: DocumentNode
    operations: list[Operation]
    plans: Plans = field(default_factory=Plans)

    def operation(self, name: str | None) -> Operation:
        """The operation with a name, or the only one. Raises Refused."""
        if name is None and len(self.operations) == 1:
            return self.operations[0]
        for one in self.operations:
            if name is not None and one.node.name is not None and one.node.name.value == name:
                return one
        if not self.operations:
            says = "The document has no operation."
        elif name is None:
            says = "operationName: the document has several operations; say which one is meant."
        else:
            says = f"operationName: the document has no operation named {name[:100]!r}."
        raise Refused([GraphQLError(says, extensions={"code": "BAD_INPUT"})], unfit=True)


class Documents:
    """The documents of a schema, by their text."""

    def __init__(self, schema: GraphQLSchema, prices: Prices, options: Options) -> None:
        self._schema = schema
        self._prices = prices
        self._limits = options.limits
        self._rules = RULES if options.introspect else (*RULES, NoSchemaIntrospectionCustomRule)
        self._suggest = options.suggest
        self._kept: Kept[str, Document | Expensive] = Kept(MOST_TEXT, MOST_TEXT // 10)

    def find(self, text: str) -> Document:
        """The document of a text. Raises Refused."""
        found = self._kept.find(text)
        if found is None:
            found = self._made(text)
            self._kept.keep(text, found, len(text))
        if isinstance(found, Expensive):
            raise Expensive(found.cost, self._limits.cost, found.node)
        return found

    def _made(self, text: str) -> Document | Expensive:
        node = None
        try:
            scan(text, self._limits)
            node = parse(text, max_tokens=self._limits.tokens)
            measure = Measure(self._schema, node, self._prices, self._limits)
            for one in measure.operations:
                if self._schema.get_root_type(one.operation) is None:
                    message = f"There are no {one.operation.value}s here."
                    raise Refused([GraphQLError(message, one, extensions={"code": "BAD_INPUT"})], node, unfit=True)
            operations = [Operation(one, measure.operation(one), _defaults(one)) for one in measure.operations]
        except RecursionError:
            raise Refused([TooMuch("levels of fragments", 1_000, self._limits.fragments)]) from None
        except GraphQLError as error:
            raise Refused([error], node) from None
        least = min(operations, key=lambda one: one.bill.once, default=None)
        if least is not None and least.bill.once > self._limits.cost:
            return Expensive(least.bill.once, self._limits.cost, least.node)  # to validate it would take longer
        errors = self._errors(node, (NoFragmentCyclesRule,)) if measure.goes_round else []
        errors = errors or self._errors(node, self._rules)
        if errors:
            raise Refused(list(map(_clear, errors)), node)
        return Document(node, operations, Plans(_switches(node) if "@" in text else frozenset()))

    def _errors(self, node: DocumentNode, rules: Collection[type[ASTValidationRule]]) -> list[GraphQLError]:
        return validate(self._schema, node, rules, MOST_ERRORS, hide_suggestions=not self._suggest)


def _clear(error: GraphQLError) -> GraphQLError:
    """An error of a document, with the way out where graphql-core tells none."""
    return GraphQLError(_TOO_ALIKE, extensions={"code": "TOO_COSTLY"}) if error.message == _ABORTED else error


def _defaults(operation: OperationDefinitionNode) -> dict[str, Any]:
    return {
        one.variable.name.value: value_from_ast_untyped(one.default_value)
        for one in operation.variable_definitions or ()
        if one.default_value is not None
    }


def _switches(document: DocumentNode) -> frozenset[str]:
    """The variables in `@skip` and `@include`."""
    found: set[str] = set()

    class Switches(Visitor):
        def enter_directive(self, node: DirectiveNode, *_: object) -> None:
            found.update(variables_in(node))

    visit(document, Switches())
    return frozenset(found)
