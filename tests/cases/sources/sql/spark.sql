-- == a temporary view falls away
CREATE OR REPLACE TEMPORARY VIEW v AS SELECT a, b AS c FROM t WHERE d = 1;
INSERT OVERWRITE TABLE u SELECT * FROM v;
-- > t:a => u:a
-- > t:b => u:c
-- ~ t:d => u

-- == a cached table falls away
CACHE TABLE c AS SELECT a FROM t;
INSERT INTO u SELECT a FROM c;
-- > t:a => u:a

-- == lambdas
INSERT INTO u SELECT transform(a, x -> x + b) AS z FROM t;
-- > t:a => u:z
-- > t:b => u:z

-- == structs
INSERT INTO u SELECT t.s.x AS a, named_struct('k', b) AS n FROM t;
-- > t:s => u:a
-- > t:b => u:n

-- == everything but
-- schema: t(a, b, c)
INSERT INTO u SELECT * EXCEPT (b) FROM t;
-- > t:a => u:a
-- > t:c => u:c

-- == names of other databases in backticks
INSERT INTO `db1`.`u` SELECT `a` FROM `db2`.`t` AS `x`;
-- > db2.t:a => db1.u:a

-- == columns of a select used in it again
CREATE TABLE u USING parquet AS SELECT a + 1 AS b, b * 2 AS c FROM t;
-- > t:a => u:b
-- > t:a => u:c

-- == files are no tables
INSERT INTO u SELECT a FROM parquet.`/data/x`;
