"""The architecture, checked on the source: who may import whom, where Cypher may stand, how long things may get."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("registry", "resolvers", "connectors", "graph")

MAY_IMPORT = {
    "registry": {"registry", "resolvers", "connectors", "graph"},
    "resolvers": {"resolvers", "graph"},
    "connectors": {"connectors"},
    "graph": {"graph"},
}
FACTS = "graph.facts"
ENGINES = {"neo4j", "arcadedb_embedded", "jpype"}

MODULE_LINES = 500
FUNCTION_LINES = 60

# Words that only a Cypher text has, in the order that only a Cypher text has them.
_CYPHER = re.compile(
    r"\bMATCH\s*\(|\bMERGE\s*\(|\bCREATE\s*\(|\bUNWIND\s+\$|\bDETACH\s+DELETE\b|\bRETURN\s+\w+\.\w+\s+AS\b|-\[\w*:[A-Z_]+"
)

MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
GRAPH = [path for path in MODULES if path.is_relative_to(ROOT / "graph")]
OTHERS = [path for path in MODULES if path not in GRAPH]


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{_name(path)}:{node.lineno}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _texts(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """All string constants but docstrings, those inside f-strings included."""
    documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.lineno, node.value


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_imports_point_downwards(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0]
    for name in _imports(path):
        top = name.split(".")[0]
        if top not in PACKAGES:
            continue
        allowed = top in MAY_IMPORT[package] or (package == "connectors" and name.startswith(FACTS + "."))
        assert allowed, f"{_name(path)} imports {name}"


@pytest.mark.parametrize("path", OTHERS, ids=_name)
def test_only_graph_knows_an_engine(path: Path) -> None:
    assert not {name for name in _imports(path) if name.split(".")[0] in ENGINES}


@pytest.mark.parametrize("path", OTHERS, ids=_name)
def test_cypher_stands_in_graph_only(path: Path) -> None:
    found = [(line, text) for line, text in _texts(_tree(path)) if _CYPHER.search(text)]
    assert not found


@pytest.mark.parametrize("path", GRAPH, ids=_name)
def test_cypher_is_never_built_from_input(path: Path) -> None:
    """Only `.replace` and `.join` of constants, at import: no f-string, no `%`, no `.format`, no `+` of a variable."""
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.JoinedStr):
            parts = [part.value for part in node.values if isinstance(part, ast.Constant)]
            assert not any(_CYPHER.search(str(part)) for part in parts), f"{_name(path)}:{node.lineno}: f-string"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
            assert not _is_cypher(node.func.value), f"{_name(path)}:{node.lineno}: .format"
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
            assert not _is_cypher(node.left), f"{_name(path)}:{node.lineno}: %"
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            pair = (node.left, node.right)
            if any(_is_cypher(side) for side in pair):
                assert all(_is_constant(side) for side in pair), f"{_name(path)}:{node.lineno}: +"


def _is_cypher(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and _CYPHER.search(node.value) is not None


def _is_constant(node: ast.AST) -> bool:
    """A literal, a constant by its name, or a sum of such."""
    if isinstance(node, ast.BinOp):
        return _is_constant(node.left) and _is_constant(node.right)
    return isinstance(node, ast.Constant) or (isinstance(node, ast.Name) and node.id.isupper())


@pytest.mark.parametrize("path", GRAPH, ids=_name)
def test_statements_are_named_constants(path: Path) -> None:
    """`read`, `run` and `schema` are given a public name or a table's entry, which `graph/test_cypher.py` finds."""
    for node in ast.walk(_tree(path)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or not node.args:
            continue
        if node.func.attr in ("read", "run", "schema"):
            built = isinstance(node.args[0], ast.JoinedStr | ast.BinOp | ast.Call)
            private = isinstance(node.args[0], ast.Name) and re.match("_[A-Z]", node.args[0].id)
            assert not built and not private and not _is_cypher(node.args[0]), f"{_name(path)}:{node.lineno}"


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_modules_and_functions_are_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MODULE_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= FUNCTION_LINES, f"{_name(path)}: {node.name} has {length} lines"


def test_the_check_for_cypher_knows_cypher_from_other_text() -> None:
    for text in ("MATCH (n) RETURN n", "UNWIND $rows AS row", "a)-[r:FEEDS]->(b", "DETACH DELETE n"):
        assert _CYPHER.search(text)
    for text in ("MATCH", "Create a folder", "return x.y as text", "merge (two) systems", "[link:READS]"):
        assert not _CYPHER.search(text)
