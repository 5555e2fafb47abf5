"""SQLAlchemy's PostgreSQL dialect for what only descends from PostgreSQL."""

import re
from typing import Any

from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

__all__ = ["PostgreSQL"]


class PostgreSQL(PGDialect_psycopg):
    """Knows a version also where the server calls itself openGauss, KingbaseES or otherwise."""

    supports_statement_cache = True

    def _get_server_version_info(self, connection: Any) -> tuple[int, ...]:
        text = str(connection.exec_driver_sql("SHOW server_version").scalar() or "")
        found = re.match(r"(\d+)(?:\.(\d+))?", text)
        return tuple(int(part) for part in found.groups() if part) if found else (9, 2)
