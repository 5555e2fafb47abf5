-- == names are in capitals
INSERT INTO u SELECT a, "b" FROM t;
-- > T:A => U:A
-- > T:b => U:b

-- == flatten
INSERT INTO u SELECT t.id, f.value:x::int AS v FROM t, LATERAL FLATTEN(input => t.j) f;
-- > T:ID => U:ID
-- > T:J => U:V

-- == qualify
INSERT INTO u SELECT a FROM t QUALIFY row_number() OVER (PARTITION BY b ORDER BY c) = 1;
-- > T:A => U:A
-- ~ T:B => U
-- ~ T:C => U

-- == columns of a select used in it again
CREATE OR REPLACE TABLE u AS SELECT a + 1 AS b, b * 2 AS c FROM t;
-- > T:A => U:B
-- > T:A => U:C

-- == exclude, replace and rename
-- schema: T(A, B, C, D)
INSERT INTO u SELECT * EXCLUDE (b) RENAME (c AS k) FROM t;
-- > T:A => U:A
-- > T:C => U:K
-- > T:D => U:D

-- == clone and like
-- schema: T1(A, B)
CREATE TABLE t2 CLONE t1;
CREATE TABLE t3 LIKE t1;
-- > T1:A => T2:A
-- > T1:B => T2:B

-- == swap of tables that were filled
CREATE OR REPLACE TABLE stage AS SELECT a FROM s;
ALTER TABLE prod SWAP WITH stage;
-- > S:A => PROD:A

-- == a procedure in a string, and one in JavaScript
CREATE PROCEDURE p() RETURNS STRING LANGUAGE SQL AS 'BEGIN INSERT INTO u SELECT a FROM t WHERE d = ''x''; END';
CREATE PROCEDURE q() RETURNS STRING LANGUAGE JAVASCRIPT AS $$ return 1; $$;
-- > T:A => U:A
-- ~ T:D => U
-- ! 2 SQL_NOT_FOLLOWED

-- == merge by a subquery
MERGE INTO t USING (SELECT id, v FROM s) q ON t.id = q.id WHEN MATCHED AND q.v > 0 THEN UPDATE SET v = q.v
WHEN NOT MATCHED THEN INSERT (id, v) VALUES (q.id, q.v);
-- > S:V => T:V
-- > S:ID => T:ID
-- ~ S:ID => T
-- ~ S:V => T

-- == use
USE DATABASE d1;
USE SCHEMA s1;
INSERT INTO u SELECT a FROM t;
-- > D1.S1.T:A => D1.S1.U:A
