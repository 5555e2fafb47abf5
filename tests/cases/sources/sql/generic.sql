-- == insert from a query
INSERT INTO u SELECT a, b + 1 AS c FROM t WHERE d > 1;
-- > t:a => u:a
-- > t:b => u:c
-- ~ t:d => u

-- == a list of columns goes by position
INSERT INTO u (x, y) SELECT a, upper(b) FROM t;
-- > t:a => u:x
-- > t:b => u:y

-- == the target's known columns go by position
-- schema: u(x, y)
INSERT INTO u SELECT a, b FROM t;
-- > t:a => u:x
-- > t:b => u:y

-- == everything of a table that is known
-- schema: t(a, b)
INSERT INTO u SELECT * FROM t;
-- > t:a => u:a
-- > t:b => u:b

-- == everything of a table that is not known
INSERT INTO u SELECT * FROM t;
-- > t => u
-- ! 1 SQL_COLUMN_UNKNOWN

-- == columns before and behind a star of a table that is not known
-- schema: u(x, y, z)
INSERT INTO u SELECT a, t.*, b FROM t;
-- > t:a => u:x
-- > t => u
-- > t:b => u:z
-- ! 1 SQL_COLUMN_UNKNOWN

-- == a join with qualified columns
INSERT INTO u SELECT t.a, s.b FROM t JOIN s ON t.i = s.j;
-- > t:a => u:a
-- > s:b => u:b
-- ~ t:i => u
-- ~ s:j => u

-- == a name without table in a join of known tables
-- schema: t(i, a); s(j, b)
INSERT INTO u SELECT a, b FROM t JOIN s ON i = j;
-- > t:a => u:a
-- > s:b => u:b
-- ~ t:i => u
-- ~ s:j => u

-- == a name without table where only one table can have it
-- schema: s(j, b)
INSERT INTO u SELECT a FROM t JOIN s ON t.i = s.j;
-- > t:a => u:a
-- ~ t:i => u
-- ~ s:j => u

-- == a name that may be of two tables
INSERT INTO u SELECT a FROM t JOIN s ON t.i = s.j;
-- > t => u:a
-- > s => u:a
-- ~ t:i => u
-- ~ s:j => u
-- ! 1 SQL_COLUMN_AMBIGUOUS

-- == using merges columns
INSERT INTO u SELECT i, t.a FROM t LEFT JOIN s USING (i);
-- > t:i => u:i
-- > s:i => u:i
-- > t:a => u:a
-- ~ t:i => u
-- ~ s:i => u

-- == a natural join of known tables
-- schema: t(i, a); s(i, b)
INSERT INTO u SELECT * FROM t NATURAL JOIN s;
-- > t:i => u:i
-- > s:i => u:i
-- > t:a => u:a
-- > s:b => u:b
-- ~ t:i => u
-- ~ s:i => u

-- == tables after commas
INSERT INTO u SELECT t.a, s.b FROM t, s WHERE t.i = s.i AND s.f = 1;
-- > t:a => u:a
-- > s:b => u:b
-- ~ t:i => u
-- ~ s:i => u
-- ~ s:f => u

-- == a subquery in FROM
INSERT INTO u SELECT q.a, q.s FROM (SELECT a, sum(b) AS s FROM t WHERE f = 1 GROUP BY a) q;
-- > t:a => u:a
-- > t:b => u:s
-- ~ t:f => u
-- ~ t:a => u

-- == subqueries in each other
INSERT INTO u SELECT z FROM (SELECT y AS z FROM (SELECT x AS y FROM t) AS p) AS q;
-- > t:x => u:z

-- == common table expressions that use each other
WITH c AS (SELECT a, b FROM t), d AS (SELECT a AS k, b * 2 AS v FROM c) INSERT INTO u SELECT k, v FROM d;
-- > t:a => u:k
-- > t:b => u:v

-- == a common table expression behind INSERT, with names of columns
INSERT INTO u WITH c (p, q) AS (SELECT a, b FROM t) SELECT q, p FROM c;
-- > t:b => u:q
-- > t:a => u:p

-- == a common table expression hides a table
WITH t AS (SELECT a FROM s) INSERT INTO u SELECT a FROM t;
-- > s:a => u:a

-- == a recursive query
WITH RECURSIVE r (n, p) AS (SELECT id, parent FROM t WHERE parent IS NULL UNION ALL SELECT t.id, r.n FROM t JOIN r ON t.parent = r.n)
INSERT INTO u SELECT n, p FROM r;
-- > t:id => u:n
-- > t:parent => u:p
-- > t:id => u:p
-- ~ t:parent => u
-- ~ t:id => u

-- == a recursive query that changes its columns round
WITH RECURSIVE r (a, b) AS (SELECT x, y FROM t UNION ALL SELECT b, a FROM r) INSERT INTO u SELECT a, b FROM r;
-- > t:x => u:a
-- > t:y => u:a
-- > t:y => u:b
-- > t:x => u:b

-- == union by position
INSERT INTO u SELECT a, b FROM t UNION ALL SELECT c, d FROM s UNION SELECT e, f FROM r;
-- > t:a => u:a
-- > s:c => u:a
-- > r:e => u:a
-- > t:b => u:b
-- > s:d => u:b
-- > r:f => u:b

-- == except only takes away
INSERT INTO u SELECT a FROM t EXCEPT SELECT b FROM s;
-- > t:a => u:a
-- ~ s:b => u

-- == case: what is compared decides, what is chosen flows
INSERT INTO u SELECT CASE WHEN a > 1 THEN b ELSE c END AS x, CASE k WHEN 1 THEN v END AS y FROM t;
-- > t:b => u:x
-- > t:c => u:x
-- ~ t:a => u:x
-- > t:v => u:y
-- ~ t:k => u:y

-- == casts, functions, arithmetic, concatenation
INSERT INTO u SELECT CAST(a AS int) AS a, coalesce(b, c, 0) AS b, d * e - 1 AS d, f || g AS f FROM t;
-- > t:a => u:a
-- > t:b => u:b
-- > t:c => u:b
-- > t:d => u:d
-- > t:e => u:d
-- > t:f => u:f
-- > t:g => u:f

-- == aggregates
INSERT INTO u SELECT g, sum(a) AS s, count(DISTINCT b) AS n FROM t GROUP BY g HAVING max(c) > 1;
-- > t:g => u:g
-- > t:a => u:s
-- > t:b => u:n
-- ~ t:g => u
-- ~ t:c => u

-- == count of rows
INSERT INTO u SELECT count(*) AS n FROM t;
-- > t => u:n

-- == windows
INSERT INTO u SELECT sum(a) OVER (PARTITION BY b ORDER BY c) AS s, row_number() OVER (ORDER BY d) AS n FROM t;
-- > t:a => u:s
-- ~ t:b => u:s
-- ~ t:c => u:s
-- ~ t:d => u:n

-- == a named window
INSERT INTO u SELECT sum(a) OVER w AS s FROM t WINDOW w AS (PARTITION BY b ORDER BY c);
-- > t:a => u:s
-- ~ t:b => u:s
-- ~ t:c => u:s

-- == a subquery as a value
INSERT INTO u SELECT a, (SELECT max(x) FROM s WHERE s.i = t.i) AS m FROM t;
-- > t:a => u:a
-- > s:x => u:m
-- ~ s:i => u:m
-- ~ t:i => u:m

-- == subqueries in WHERE
INSERT INTO u SELECT a FROM t WHERE b IN (SELECT c FROM s WHERE d = 1) AND EXISTS (SELECT 1 FROM r WHERE r.i = t.i);
-- > t:a => u:a
-- ~ t:b => u
-- ~ s:c => u
-- ~ s:d => u
-- ~ r:i => u
-- ~ t:i => u

-- == group by number and by alias
INSERT INTO u SELECT a + b AS k, count(c) AS n FROM t GROUP BY 1;
INSERT INTO v SELECT a + b AS k, count(c) AS n FROM t GROUP BY k;
-- > t:a => u:k
-- > t:b => u:k
-- > t:c => u:n
-- ~ t:a => u
-- ~ t:b => u
-- > t:a => v:k
-- > t:b => v:k
-- > t:c => v:n
-- ~ t:a => v
-- ~ t:b => v

-- == order counts only with a limit
INSERT INTO u SELECT a FROM t ORDER BY b;
INSERT INTO v SELECT a FROM t ORDER BY b LIMIT 10;
-- > t:a => u:a
-- > t:a => v:a
-- ~ t:b => v

-- == values
INSERT INTO u (a, b) VALUES (1, (SELECT max(x) FROM t));
INSERT INTO v VALUES (1, 2), (3, 4);
-- > t:x => u:b

-- == values as a table
INSERT INTO u SELECT v.a, t.b FROM t JOIN (VALUES (1, 2)) AS v (a, i) ON t.i = v.i;
-- > t:b => u:b
-- ~ t:i => u

-- == update from another table
UPDATE t SET a = s.x, b = t.b + s.y FROM s WHERE t.id = s.id AND s.f = 1;
-- > s:x => t:a
-- > t:b => t:b
-- > s:y => t:b
-- ~ s:id => t
-- ~ s:f => t

-- == update with a subquery
UPDATE t SET a = (SELECT max(x) FROM s WHERE s.id = t.id);
-- > s:x => t:a
-- ~ s:id => t:a
-- ~ t:id => t:a

-- == merge with all branches
MERGE INTO t USING s ON t.id = s.id WHEN MATCHED AND s.gone = 1 THEN DELETE WHEN MATCHED THEN UPDATE SET v = s.v
WHEN NOT MATCHED THEN INSERT (id, v) VALUES (s.id, s.w);
-- > s:v => t:v
-- > s:w => t:v
-- > s:id => t:id
-- ~ s:id => t
-- ~ s:gone => t

-- == merge from a subquery
MERGE INTO t USING (SELECT id, max(v) AS v FROM s WHERE f = 1 GROUP BY id) q ON t.id = q.id
WHEN MATCHED THEN UPDATE SET t.v = q.v;
-- > s:v => t:v
-- ~ s:f => t
-- ~ s:id => t

-- == delete writes nothing
DELETE FROM t WHERE a IN (SELECT b FROM s);

-- == create table as, then everything of it
CREATE TABLE m AS SELECT a, b AS c FROM t;
INSERT INTO u SELECT * FROM m;
-- > t:a => m:a
-- > t:b => m:c
-- > m:a => u:a
-- > m:c => u:c

-- == create table with columns, then by position
CREATE TABLE m (x int, y varchar(10), PRIMARY KEY (x));
INSERT INTO m SELECT a, b FROM t;
-- > t:a => m:x
-- > t:b => m:y

-- == a view with names of its own
CREATE VIEW v (x, y) AS SELECT a, b FROM t UNION SELECT c, d FROM s;
-- > t:a => v:x
-- > s:c => v:x
-- > t:b => v:y
-- > s:d => v:y

-- == a temporary table falls away
CREATE TEMPORARY TABLE x AS SELECT a, b FROM t WHERE z = 1;
INSERT INTO x SELECT c, d FROM s;
INSERT INTO u SELECT x.a FROM x WHERE x.b > 1;
-- > t:a => u:a
-- > s:c => u:a
-- ~ t:z => u
-- ~ t:b => u
-- ~ s:d => u

-- == a table that is created and dropped is a temporary one
CREATE TABLE stage (k int, v int);
INSERT INTO stage SELECT a, b FROM t;
CREATE TABLE u AS SELECT v FROM stage;
DROP TABLE stage;
-- > t:b => u:v

-- == dropped before it is created it stays
DROP TABLE IF EXISTS m;
CREATE TABLE m AS SELECT a FROM t;
-- > t:a => m:a

-- == a renamed table
INSERT INTO t1 SELECT a FROM t;
ALTER TABLE t1 RENAME TO t2;
-- > t:a => t2:a

-- == Chinese names
INSERT INTO 低保人员 SELECT 姓名, 身份证号 AS 证件号 FROM 人口库.人口 WHERE 状态 = '正常';
-- > 人口库.人口:姓名 => 低保人员:姓名
-- > 人口库.人口:身份证号 => 低保人员:证件号
-- ~ 人口库.人口:状态 => 低保人员

-- == full names, with an alias and without
INSERT INTO db.u SELECT db.t.a, s.b FROM db.t JOIN db.s AS s ON db.t.i = s.i;
-- > db.t:a => db.u:a
-- > db.s:b => db.u:b
-- ~ db.t:i => db.u
-- ~ db.s:i => db.u

-- == a table twice under two names
-- schema: t(id, name, boss)
INSERT INTO u SELECT e.name, b.name AS boss FROM t e JOIN t b ON e.boss = b.id;
-- > t:name => u:name
-- > t:name => u:boss
-- ~ t:boss => u
-- ~ t:id => u

-- == only the rows of a table count
INSERT INTO u SELECT t.a FROM t CROSS JOIN s;
-- > t:a => u:a
-- ~ s => u

-- == what does not parse does not stop the rest
INSERT INTO u SELECT a FROM t;
INSERT INTO v SELECT b FROM (;
INSERT INTO w SELECT c FROM t;
-- > t:a => u:a
-- > t:c => w:c
-- ! 2 SQL_NOT_PARSED

-- == comments and strings with semicolons
INSERT INTO u /* a; b */ SELECT a, ';' AS b -- c; d
FROM t WHERE e = 'it''s; so';
-- > t:a => u:a
-- ~ t:e => u

-- == a column of a select used in it again, where nobody knows better
INSERT INTO u SELECT t.a + 1 AS x, x * s.b AS y FROM t JOIN s ON t.i = s.i;
-- > t:a => u:x
-- > t:a => u:y
-- > s:b => u:y
-- ~ t:i => u
-- ~ s:i => u
