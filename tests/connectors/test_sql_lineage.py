"""Lineage from SQL: cases in files of each dialect, and what holds of all of them."""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp
from sqlglot.lineage import lineage

from connectors.sql_lineage import Flow, Name, Problem, Script, read_sql, tables_named

CASES = Path(__file__).parents[1] / "cases" / "sources" / "sql"
_EXPECTED = re.compile(r"-- ([>~!]) (.*)")
_TABLE = re.compile(r"([^\s;(]+)\(([^)]*)\)")


@dataclass(frozen=True, slots=True)
class Case:
    """A text, what is known beforehand, and the flows and problems that must come of it.

    In the files `-- > t:a => u:b` is a flow of values, `-- ~ t:a => u` one that only decides, `-- ! 2 CODE` a problem.
    """

    name: str
    dialect: str
    text: str
    schema: dict[Name, list[str]]
    default: tuple[str, ...]
    expected: frozenset[str]


def _cases() -> Iterator[Case]:
    for path in sorted(CASES.glob("*.sql")):
        dialect = "" if path.stem == "generic" else path.stem
        for part in re.split(r"^-- == ", path.read_text(encoding="utf-8"), flags=re.M)[1:]:
            title, _, body = part.partition("\n")
            schema: dict[Name, list[str]] = {}
            default: tuple[str, ...] = ()
            kept, expected = [], set()
            for line in body.splitlines():
                if line.startswith("-- schema: "):
                    for name, columns in _TABLE.findall(line.removeprefix("-- schema: ")):
                        schema[tuple(name.split("."))] = [column.strip() for column in columns.split(",")]
                elif line.startswith("-- default: "):
                    default = tuple(word.strip() for word in line.removeprefix("-- default: ").split(","))
                elif found := _EXPECTED.fullmatch(line):
                    expected.add(" ".join(found.groups()))
                else:
                    kept.append(line)
            yield Case(f"{path.stem}: {title}", dialect, "\n".join(kept), schema, default, frozenset(expected))


ALL = list(_cases())


def _shown(name: Name, column: str | None) -> str:
    return ".".join(name) + (f":{column}" if column is not None else "")


def told(script: Script) -> set[str]:
    """A script as the files write it."""
    flows = {
        f"{'>' if flow.direct else '~'} {_shown(flow.source, flow.column)} => {_shown(flow.target, flow.into)}"
        for step in script.steps
        for flow in step.flows
    }
    return flows | {f"! {problem.line} {problem.code}" for problem in script.problems}


def flows(text: str, dialect: str = "", schema: dict[Name, list[str]] | None = None) -> set[str]:
    return told(read_sql(text, dialect, schema or {}))


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_a_case_has_exactly_its_flows(case: Case) -> None:
    assert told(read_sql(case.text, case.dialect, case.schema, case.default)) == case.expected


def test_there_are_many_cases_of_each_dialect() -> None:
    assert len(ALL) > 100
    assert len({case.dialect for case in ALL}) == 9


def test_an_expression_is_that_which_values_come_from() -> None:
    script = read_sql(
        """WITH c AS (SELECT a + b /* both */ AS s, d FROM t WHERE e > 1)
           INSERT INTO u SELECT s, max(d) AS m, c.d FROM c""",
    )
    found = {(flow.column, flow.into, flow.direct): flow.expression for flow in script.steps[0].flows}
    assert found[("a", "s", True)] == "a + b"
    assert found[("d", "m", True)] == "MAX(d)"
    assert found[("d", "d", True)] == "d"
    assert found[("e", None, False)] == "e > 1"


def test_an_expression_is_bounded() -> None:
    script = read_sql("INSERT INTO u SELECT " + " + ".join(f"column_{at}" for at in range(500)) + " AS s FROM t")
    assert len(script.steps[0].flows) == 500
    assert {len(flow.expression) for flow in script.steps[0].flows} == {1_000}


def test_steps_say_what_they_write_read_and_create() -> None:
    script = read_sql("SELECT 1;\n\nCREATE TABLE m AS\nSELECT a, b FROM s.t;\nSELECT * FROM m", default=("d",))
    assert [(step.line, step.writes, step.reads, step.columns) for step in script.steps] == [
        (3, ("d", "m"), (("s", "t"),), ("a", "b")),
        (5, None, (("d", "m"),), ()),
    ]


def test_a_query_alone_can_be_put_somewhere() -> None:
    (step,) = read_sql("SELECT a FROM t", "postgres", into=("d", "v")).steps
    assert step.flows == (Flow(("t",), "a", ("d", "v"), "a", "a", True),)


def test_a_problem_has_its_line_and_column_in_the_whole_text() -> None:
    text = "SELECT 1;\n\n  INSERT INTO u\n  SELECT a b c FROM t;\nCREATE PROCEDURE p() BEGIN\n  CALL q(1);\nEND"
    first, second = read_sql(text, "mysql").problems
    assert (first.line, first.column, first.code) == (4, 14, "SQL_NOT_PARSED")
    assert (second.line, second.column, second.code) == (6, 3, "SQL_NOT_FOLLOWED")
    assert text.splitlines()[3][13] == "c"


def test_a_problem_inside_the_body_of_a_function_has_its_place_too() -> None:
    text = "CREATE FUNCTION f() RETURNS void AS $$\nBEGIN\n  SELECT * FROM (;\nEND $$ LANGUAGE plpgsql;"
    (problem,) = read_sql(text, "postgres").problems
    assert (problem.line, problem.code) == (3, "SQL_NOT_PARSED")


def test_tables_named_are_those_whose_columns_are_needed() -> None:
    text = "WITH c AS (SELECT * FROM a.b) INSERT INTO u SELECT * FROM c JOIN d ON c.i = d.i; SELECT * FROM e"
    assert tables_named(text, "postgres", ("p", "s")) == {
        ("p", "a", "b"),
        ("p", "s", "u"),
        ("p", "s", "d"),
        ("p", "s", "e"),
    }


def test_a_dialect_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="klingon"):
        read_sql("SELECT 1", "klingon")


# What holds whatever the query.

TABLES: dict[Name, list[str]] = {
    ("t0",): ["id", "k0", "a0", "b0", "c0"],
    ("t1",): ["id", "k1", "a1", "b1"],
    ("t2",): ["id", "k2", "a2"],
}
COLUMNS = {column: name[0] for name, columns in TABLES.items() for column in columns if column != "id"}


class Queries:
    """Makes queries at random. `names` are the columns that a query gives."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._count = 0

    def query(self, depth: int = 2) -> tuple[str, list[str]]:
        pick = self._random.random()
        if depth and pick < 0.15:
            left, names = self.query(depth - 1)
            right, _ = self.select(depth - 1, len(names))
            return f"{left} UNION ALL {right}", names
        if depth and pick < 0.35:
            inner, names = self.query(depth - 1)
            cte = self._name("w")
            return f"WITH {cte} AS ({inner}) SELECT {', '.join(names)} FROM {cte}", names
        return self.select(depth)

    def select(self, depth: int, width: int = 0) -> tuple[str, list[str]]:
        sources, columns = [], []
        for table in self._random.sample(sorted(TABLES), self._random.randint(1, 2)):
            alias = self._name("x")
            sources.append(f"{table[0]} AS {alias}")
            columns += [f"{alias}.{column}" for column in TABLES[table]]
        if depth and self._random.random() < 0.5:
            inner, names = self.query(depth - 1)
            alias = self._name("q")
            sources.append(f"({inner}) AS {alias}")
            columns += [f"{alias}.{name}" for name in names]
        names = [self._name("c") for _ in range(width or self._random.randint(1, 4))]
        items = [f"{self.expression(columns, 2)} AS {name}" for name in names]
        return f"SELECT {', '.join(items)} FROM {' CROSS JOIN '.join(sources)}", names

    def expression(self, columns: Sequence[str], depth: int) -> str:
        if not depth or self._random.random() < 0.4:
            return self._random.choice(columns)
        one, other = self.expression(columns, depth - 1), self.expression(columns, depth - 1)
        shape = self._random.choice(("{} + {}", "coalesce({}, {})", "abs({} - {})", "cast({} || {} AS text)"))
        return shape.format(one, other)

    def _name(self, prefix: str) -> str:
        self._count += 1
        return f"{prefix}{self._count}"


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**9))
def test_values_come_from_the_same_columns_as_sqlglot_says(seed: int) -> None:
    query, names = Queries(seed).query()
    schema = {name[0]: dict.fromkeys(columns, "text") for name, columns in TABLES.items()}
    (step,) = read_sql(query, "postgres", TABLES, into=("u",)).steps
    for name in names:
        leaves = [node for node in lineage(name, query, schema, dialect="postgres").walk() if not node.downstream]
        theirs = {
            (node.expression.name, node.name.split(".")[-1])
            for node in leaves
            if isinstance(node.expression, exp.Table)
        }
        ours = {(flow.source[0], flow.column) for flow in step.flows if flow.into == name and flow.direct}
        assert ours == theirs


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**9), st.sampled_from(["postgres", "snowflake", "bigquery", "tsql", "spark"]), st.booleans())
def test_formatting_and_inner_names_do_not_change_flows(seed: int, dialect: str, pretty: bool) -> None:
    query, names = Queries(seed).query()
    tree = sqlglot.parse_one(query, dialect="postgres")
    before = read_sql(query, "postgres", TABLES, into=("u",))
    renamed = re.sub(r"\b([wxq])(\d+)\b", r"\1_inner_\2", tree.sql(dialect, pretty=pretty))
    commented = renamed.replace(" FROM ", " /* ; ' */ FROM -- it's; \n ")
    after = read_sql(commented, dialect, TABLES, into=("u",))
    assert {flow.column for step in after.steps for flow in step.flows}
    assert {line.lower() for line in told(after)} == told(before)
    assert names


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**9))
def test_a_temporary_table_between_does_not_change_flows(seed: int) -> None:
    query, names = Queries(seed).query()
    at_once = flows(f"INSERT INTO u {query}", "postgres", TABLES)
    listed = ", ".join(names)
    between = f"CREATE TEMP TABLE between_ AS {query}; INSERT INTO u SELECT {listed} FROM between_"
    assert flows(between, "postgres", TABLES) == at_once


WORDS = (
    "SELECT FROM WHERE INSERT INTO UPDATE SET MERGE USING ON WHEN MATCHED THEN CREATE TABLE VIEW PROCEDURE AS BEGIN END"
    " ; ( ) , * a b t u = 1 'x' \" ` [ ] $$ /* */ -- GO DELIMITER // / WITH UNION ALL JOIN CASE DECLARE FOR IN LOOP IF"
    " ELSE EXECUTE VALUES DROP RENAME TO PIVOT UNNEST LATERAL . @v :v 姓名 ALTER SWAP USE ROW REPLACE RETURNING ORDER"
)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from([*WORDS.split(), "\n"]), max_size=40),
    st.sampled_from(["", "postgres", "mysql", "oracle", "tsql", "hive", "spark", "snowflake", "bigquery"]),
)
def test_no_text_raises_and_problems_lie_within_it(words: list[str], dialect: str) -> None:
    text = " ".join(words)
    script = read_sql(text, dialect)
    lines = text.count("\n") + 1
    assert all(1 <= problem.line <= lines and problem.column >= 1 for problem in script.problems)
    assert not [problem for problem in script.problems if "could not be followed" in problem.message]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT " + "(" * 5_000 + "1" + ")" * 5_000,
        "SELECT " + "CASE WHEN a THEN " * 5_000 + "1" + " END" * 5_000,
        "SELECT * FROM " + "(SELECT * FROM " * 20_000 + "t" + ")" * 20_000,
        "SELECT * FROM t" + " JOIN t" * 5_000,
        "SELECT a" + "[1]" * 5_000,
        "SELECT " + "NOT " * 20_000 + "a FROM t",
        "WITH a AS (" * 5_000 + "SELECT 1",
        "SELECT " + "FROM " * 50_000 + "t",
        "SELECT CAST(a AS " + "array<" * 50_000 + "int" + ">" * 50_000 + ")",
    ],
    ids=lambda text: text[:30],
)
def test_what_is_nested_too_deeply_is_a_problem_with_a_place(text: str) -> None:
    script = read_sql(f"INSERT INTO u SELECT a FROM t;\n{text};\nINSERT INTO v SELECT a FROM t", "postgres")
    assert [problem.line for problem in script.problems] == [2]
    assert [step.writes for step in script.steps] == [("u",), ("v",)]


def test_long_chains_are_followed() -> None:
    text = "INSERT INTO u SELECT " + " + ".join(["a"] * 5_000) + " AS s FROM t WHERE " + " OR ".join(["b = 1"] * 5_000)
    assert flows(text) == {"> t:a => u:s", "~ t:b => u"}
    assert flows("INSERT INTO u " + " UNION ALL ".join(["SELECT a FROM t"] * 3_000)) == {"> t:a => u:a"}


def test_rows_that_are_inserted_are_passed_over() -> None:
    text = "INSERT INTO u (a, b) VALUES " + ", ".join(["(1, 'x')"] * 200_000) + ";\nINSERT INTO v SELECT a FROM t"
    assert flows(text, "mysql") == {"> t:a => v:a"}


def test_other_statements_of_more_than_a_million_characters_are_a_problem() -> None:
    (problem,) = read_sql("SELECT " + ", ".join(["abcdefgh"] * 200_000) + " FROM t").problems
    assert problem.code == "SQL_TOO_LONG"


def test_a_quote_without_an_end_costs_its_statement() -> None:
    script = read_sql("INSERT INTO u SELECT a FROM t;\nSELECT 'x FROM t;\nINSERT INTO v SELECT b FROM t;")
    assert [step.writes for step in script.steps] == [("u",), ("v",)]
    assert [(problem.line, problem.code) for problem in script.problems] == [(2, "SQL_NOT_PARSED")]


def test_nested_common_table_expressions_that_name_themselves_end() -> None:
    text = "SELECT 1 AS a FROM t"
    for at in range(12):
        body = f"SELECT a FROM t UNION ALL ({text} UNION ALL SELECT a FROM r{at})"
        text = f"WITH RECURSIVE r{at} AS ({body}) SELECT a FROM r{at}"
    assert "> t:a => u:a" in flows(f"INSERT INTO u {text}", "postgres")


def test_problems_are_sorted_and_none_is_said_twice() -> None:
    problems = read_sql(
        "INSERT INTO u SELECT a, a FROM t, s;\nFOO BAR BAZ;\nINSERT INTO u SELECT a FROM t, s;"
    ).problems
    assert [problem.line for problem in problems] == [1, 1, 2, 3]
    assert len(set(problems)) == len(problems)
    assert all(isinstance(problem, Problem) for problem in problems)
