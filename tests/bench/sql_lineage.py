"""Statements a second to flows of columns, in one process: python -m tests.bench.sql_lineage [SECONDS]. Prints a table.

The queries are of the size and shape of decision support benchmarks: 20 to 60 lines, joins of five to eight tables,
common table expressions, windows, unions, subqueries. "schema" is with the columns of all tables known.
"""

import sys
import time

from rich.console import Console
from rich.table import Table

from connectors.sql_lineage import Name, read_sql

SCHEMA: dict[Name, list[str]] = {
    ("visit",): [*(f"v_{part}_id" for part in ("day", "hour", "person", "office", "matter", "channel", "fee")), "v_id"]
    + [f"v_amount_{at}" for at in range(12)],
    ("refund",): [
        "r_day_id",
        "r_person_id",
        "r_office_id",
        "r_matter_id",
        "r_visit_id",
        *(f"r_amount_{n}" for n in range(9)),
    ],
    ("online",): [
        "o_day_id",
        "o_person_id",
        "o_office_id",
        "o_matter_id",
        "o_id",
        *(f"o_amount_{n}" for n in range(9)),
    ],
    ("day",): ["d_id", "d_date", "d_year", "d_quarter", "d_month", "d_week", "d_weekday", "d_holiday"],
    ("person",): ["p_id", "p_name", "p_birth_year", "p_address_id", "p_group_id", "p_kind"],
    ("address",): ["a_id", "a_city", "a_county", "a_province", "a_zone", "a_kind"],
    ("office",): ["f_id", "f_name", "f_county", "f_level", "f_staff", "f_area"],
    ("matter",): ["m_id", "m_name", "m_class", "m_category", "m_department", "m_limit"],
}

YEARLY = """
WITH total AS (
  SELECT p.p_id, p.p_name, a.a_county, d.d_year,
         sum(((v.v_amount_1 - v.v_amount_2 - v.v_amount_3) + v.v_amount_4) / 2) AS amount,
         'v' AS channel
    FROM person p, visit v, day d, address a
   WHERE p.p_id = v.v_person_id AND v.v_day_id = d.d_id AND a.a_id = p.p_address_id
   GROUP BY p.p_id, p.p_name, a.a_county, d.d_year
   UNION ALL
  SELECT p.p_id, p.p_name, a.a_county, d.d_year,
         sum(((o.o_amount_1 - o.o_amount_2 - o.o_amount_3) + o.o_amount_4) / 2) AS amount,
         'o' AS channel
    FROM person p, online o, day d, address a
   WHERE p.p_id = o.o_person_id AND o.o_day_id = d.d_id AND a.a_id = p.p_address_id
   GROUP BY p.p_id, p.p_name, a.a_county, d.d_year
)
INSERT INTO report (id, name, county, change, rank)
SELECT n.p_id, n.p_name, n.a_county,
       CASE WHEN f.amount > 0 THEN n.amount / f.amount ELSE NULL END AS change,
       rank() OVER (PARTITION BY n.a_county ORDER BY n.amount DESC) AS rank
  FROM total f, total n, total g, total m
 WHERE n.p_id = f.p_id AND g.p_id = f.p_id AND m.p_id = f.p_id
   AND f.channel = 'v' AND n.channel = 'v' AND g.channel = 'o' AND m.channel = 'o'
   AND f.d_year = 2024 AND n.d_year = 2025 AND g.d_year = 2024 AND m.d_year = 2025
   AND f.amount > 0 AND g.amount > 0
   AND CASE WHEN g.amount > 0 THEN m.amount / g.amount ELSE 0 END
       > CASE WHEN f.amount > 0 THEN n.amount / f.amount ELSE 0 END
 ORDER BY n.p_id, n.p_name
 LIMIT 100
"""

RETURNED = """
CREATE TABLE refused AS
WITH back AS (
  SELECT r_person_id AS person, r_office_id AS office, sum(r_amount_1) AS returned
    FROM refund, day
   WHERE r_day_id = d_id AND d_year = 2025
   GROUP BY r_person_id, r_office_id
), mean AS (
  SELECT office, avg(returned) * 1.2 AS most FROM back GROUP BY office
)
SELECT p.p_name, f.f_name, b.returned, m.most,
       (SELECT count(*) FROM visit x WHERE x.v_person_id = p.p_id AND x.v_office_id = f.f_id) AS visits,
       coalesce(a.a_city, a.a_county, 'unknown') AS place,
       sum(b.returned) OVER (PARTITION BY f.f_level ORDER BY b.returned ROWS BETWEEN 3 PRECEDING AND CURRENT ROW) AS run
  FROM back b
  JOIN mean m ON m.office = b.office
  JOIN office f ON f.f_id = b.office
  JOIN person p ON p.p_id = b.person
  LEFT JOIN address a ON a.a_id = p.p_address_id
 WHERE b.returned > m.most
   AND f.f_level = 'COUNTY'
   AND EXISTS (SELECT 1 FROM online o, day d WHERE o.o_person_id = p.p_id AND o.o_day_id = d.d_id
                AND d.d_year = 2025 AND d.d_quarter < 4)
   AND p.p_group_id IN (SELECT q.p_group_id FROM person q GROUP BY q.p_group_id HAVING count(*) > 10)
 ORDER BY p.p_name
"""

WEEKS = """
CREATE VIEW weeks AS
WITH sold AS (
  SELECT day_id, amount FROM (
    SELECT v_day_id AS day_id, v_amount_5 AS amount FROM visit
    UNION ALL SELECT o_day_id, o_amount_5 FROM online
    UNION ALL SELECT r_day_id, -r_amount_5 FROM refund) x
), week AS (
  SELECT d_week, d_year,
         sum(CASE WHEN d_weekday = 'Sunday' THEN amount ELSE NULL END) AS sun,
         sum(CASE WHEN d_weekday = 'Monday' THEN amount ELSE NULL END) AS mon,
         sum(CASE WHEN d_weekday = 'Tuesday' THEN amount ELSE NULL END) AS tue,
         sum(CASE WHEN d_weekday = 'Wednesday' THEN amount ELSE NULL END) AS wed,
         sum(CASE WHEN d_weekday = 'Thursday' THEN amount ELSE NULL END) AS thu,
         sum(CASE WHEN d_weekday = 'Friday' THEN amount ELSE NULL END) AS fri,
         sum(CASE WHEN d_weekday = 'Saturday' THEN amount ELSE NULL END) AS sat
    FROM sold JOIN day ON d_id = day_id
   GROUP BY d_week, d_year
)
SELECT y.d_week, round(y.sun / z.sun, 2) AS r_sun, round(y.mon / z.mon, 2) AS r_mon, round(y.tue / z.tue, 2) AS r_tue,
       round(y.wed / z.wed, 2) AS r_wed, round(y.thu / z.thu, 2) AS r_thu, round(y.fri / z.fri, 2) AS r_fri,
       round(y.sat / z.sat, 2) AS r_sat
  FROM (SELECT * FROM week WHERE d_year = 2024) y
  JOIN (SELECT * FROM week WHERE d_year = 2025) z ON y.d_week = z.d_week - 53
"""

STAR = """
INSERT INTO wide
SELECT v.*, d.d_year, d.d_month, p.p_name, p.p_birth_year, a.a_city, a.a_province, f.f_name, f.f_level,
       m.m_name, m.m_class, r.r_amount_1, r.r_amount_2,
       v.v_amount_1 * (1 - v.v_amount_2) * (1 + v.v_amount_3) AS net,
       sum(v.v_amount_1) OVER (PARTITION BY a.a_province, m.m_class ORDER BY d.d_date) AS so_far,
       lag(v.v_amount_1, 1) OVER (PARTITION BY p.p_id ORDER BY d.d_date) AS before,
       CASE WHEN v.v_amount_7 BETWEEN 1 AND 20 THEN 'low'
         WHEN v.v_amount_7 BETWEEN 21 AND 40 THEN 'middle' ELSE 'high' END AS band,
       cast(coalesce(nullif(v.v_amount_8, 0), r.r_amount_8, 0) AS decimal(12, 2)) AS paid
  FROM visit v
  JOIN day d ON d.d_id = v.v_day_id
  JOIN person p ON p.p_id = v.v_person_id
  LEFT JOIN address a ON a.a_id = p.p_address_id
  JOIN office f ON f.f_id = v.v_office_id
  JOIN matter m ON m.m_id = v.v_matter_id
  LEFT JOIN refund r ON r.r_visit_id = v.v_id AND r.r_matter_id = m.m_id
 WHERE d.d_year IN (2024, 2025)
   AND (f.f_level = 'COUNTY' OR a.a_province = 'Jiangsu')
   AND m.m_department NOT IN ('x', 'y', 'z')
"""

MERGED = """
MERGE INTO summary t
USING (
  SELECT m.m_category, m.m_class, f.f_county, d.d_year, d.d_month,
         sum(v.v_amount_1) AS amount, avg(sum(v.v_amount_1)) OVER (PARTITION BY m.m_category, f.f_county, d.d_year)
           AS mean,
         rank() OVER (PARTITION BY m.m_category, f.f_county ORDER BY d.d_year, d.d_month) AS place
    FROM visit v, matter m, day d, office f
   WHERE v.v_matter_id = m.m_id AND v.v_day_id = d.d_id AND v.v_office_id = f.f_id
     AND (d.d_year = 2025 OR (d.d_year = 2024 AND d.d_month = 12) OR (d.d_year = 2026 AND d.d_month = 1))
   GROUP BY m.m_category, m.m_class, f.f_county, d.d_year, d.d_month
  HAVING sum(v.v_amount_1) > 100
) s ON t.category = s.m_category AND t.county = s.f_county AND t.year = s.d_year AND t.month = s.d_month
WHEN MATCHED AND s.amount <> t.amount THEN UPDATE SET amount = s.amount, mean = s.mean, place = s.place,
  change = CASE WHEN s.mean > 0 THEN abs(s.amount - s.mean) / s.mean ELSE NULL END
WHEN NOT MATCHED THEN INSERT (category, class, county, year, month, amount, mean, place)
  VALUES (s.m_category, s.m_class, s.f_county, s.d_year, s.d_month, s.amount, s.mean, s.place)
"""

STATEMENTS = (YEARLY, RETURNED, WEEKS, STAR, MERGED)


def rate(seconds: float, schema: dict[Name, list[str]]) -> tuple[float, float]:
    """Statements a second of the processor's time, and flows of a statement."""
    count = flows = 0
    began = time.process_time()
    while time.process_time() - began < seconds:
        for text in STATEMENTS:
            script = read_sql(text, "postgres", schema)
            assert len(script.steps) == 1
            assert not (schema and script.problems), script.problems
            flows += len(script.steps[0].flows)
            count += 1
    return count / (time.process_time() - began), flows / count


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 5.0
    table = Table("columns known", "lines", "statements a second", "flows each")
    lines = sum(len(text.strip().splitlines()) for text in STATEMENTS) / len(STATEMENTS)
    for name, schema in (("all", SCHEMA), ("none", {})):
        a_second, flows = rate(seconds, schema)
        table.add_row(name, f"{lines:.0f}", f"{a_second:,.0f}", f"{flows:.0f}")
    Console().print(table)


if __name__ == "__main__":
    main()
