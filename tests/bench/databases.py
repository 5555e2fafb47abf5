"""How long a database of many tables takes, and how many questions it is asked.

    python -m tests.bench.databases [POSTGRESQL|MYSQL …] [--tables 5000] [--views 500]

On the servers for tests (tests/connectors/databases.py). The first run makes the tables, which takes minutes.
"""

import argparse
import asyncio
import resource
import time
from collections.abc import Iterator

from connectors.database import Database
from tests.connectors.databases import config, connector, new_mysql, new_postgresql

NAME = "registry_bench"
COLUMNS = 10


def statements(tables: int, views: int, mysql: bool) -> Iterator[str]:
    for at in range(tables):
        said = f" COMMENT '列 {at}'" if mysql else ""
        columns = ", ".join(f"column_{number} varchar(40) NOT NULL{said}" for number in range(COLUMNS - 2))
        keys = "id int PRIMARY KEY, parent int REFERENCES table_0 (id)" if at else "id int PRIMARY KEY, parent int"
        yield f"CREATE TABLE table_{at} ({keys}, {columns})" + (f" COMMENT '表 {at}'" if mysql else "")
        if not mysql:
            yield f"COMMENT ON TABLE table_{at} IS '表 {at}'"
            yield f"COMMENT ON COLUMN table_{at}.column_1 IS '列 {at}'"
    for at in range(views):
        below = f"view_{at - 1}" if at % 10 else f"table_{at % tables}"
        yield (
            f"CREATE VIEW view_{at} AS SELECT a.id, upper(a.column_0) AS column_0, concat(a.column_1, b.column_2) AS "
            f"column_1 FROM {below} a JOIN table_{(at + 1) % tables} b ON b.id = a.id WHERE b.column_3 <> ''"
        )


async def read(database: Database) -> tuple[int, float]:
    start, count = time.perf_counter(), 0
    async for _ in database.pull():
        count += 1
    return count, time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("kinds", nargs="*", default=["POSTGRESQL", "MYSQL"])
    parser.add_argument("--tables", type=int, default=5_000)
    parser.add_argument("--views", type=int, default=500)
    parser.add_argument("--keep", action="store_true", help="read the tables that the last run made")
    said = parser.parse_args()
    for kind in said.kinds:
        mysql = kind == "MYSQL"
        start = time.perf_counter()
        if not said.keep:
            (new_mysql if mysql else new_postgresql)(NAME, statements(said.tables, said.views, mysql))
        print(f"{kind}: made in {time.perf_counter() - start:.1f} s")
        for views in (False, True):
            database = connector(config(kind, NAME, schemas=(NAME,) if mysql else ("public",), views=views))
            count, seconds = asyncio.run(read(database))
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            print(
                f"{kind}: {said.tables} tables and {said.views} views, lineage {'read' if views else 'left out'}: "
                f"{count} facts and findings in {seconds:.1f} s, {database.queries} queries, {peak} MB at most"
            )


if __name__ == "__main__":
    main()
