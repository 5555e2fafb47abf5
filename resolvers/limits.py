"""What a document may not exceed before it is executed. Each check is linear in the document's size."""

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)
from graphql.validation import ASTValidationRule, ValidationContext

MOST_TOKENS = 5_000
MOST_DEPTH = 20
"""Fields within fields; the introspection query of clients needs 15."""


class DepthRule(ASTValidationRule):
    """Refuses operations whose selections are nested too deep; each fragment is measured once."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self._depths: dict[str, int] = {}
        self._fragments = {
            node.name.value: node for node in context.document.definitions if isinstance(node, FragmentDefinitionNode)
        }

    def enter_operation_definition(self, node: OperationDefinitionNode, *_: object) -> None:
        """Measure one operation."""
        depth = self._depth(node.selection_set)
        if depth > MOST_DEPTH:
            message = f"The query is {depth} fields deep; at most {MOST_DEPTH} are allowed. Ask in several queries."
            self.report_error(GraphQLError(message, node, extensions={"code": "TOO_COSTLY"}))

    def _depth(self, selections: SelectionSetNode | None) -> int:
        """How deep a selection set is; measured with a stack of its own, so that no document exhausts ours."""
        if selections is None:
            return 0
        deepest = 0
        todo = [(selection, 1) for selection in selections.selections]
        while todo:
            node, depth = todo.pop()
            deepest = max(deepest, depth)
            if isinstance(node, FragmentSpreadNode):
                deepest = max(deepest, depth - 1 + self._fragment(node.name.value))
            elif isinstance(node, FieldNode | InlineFragmentNode) and node.selection_set is not None:
                inner = depth + 1 if isinstance(node, FieldNode) else depth
                todo += [(selection, inner) for selection in node.selection_set.selections]
        return deepest

    def _fragment(self, name: str) -> int:
        if name not in self._depths:
            self._depths[name] = 0  # a cycle of fragments is refused by another rule
            fragment = self._fragments.get(name)
            self._depths[name] = self._depth(fragment.selection_set) if fragment else 0
        return self._depths[name]
