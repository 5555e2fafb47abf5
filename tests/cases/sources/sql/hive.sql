-- == insert overwrite
INSERT OVERWRITE TABLE tab1 SELECT * FROM tab2;
-- > tab2 => tab1
-- ! 1 SQL_COLUMN_UNKNOWN

-- == insert overwrite of known tables
-- schema: tab2(a, b)
INSERT OVERWRITE TABLE tab1 SELECT * FROM tab2;
-- > tab2:a => tab1:a
-- > tab2:b => tab1:b

-- == partitions, fixed and not
-- schema: u(x, y, dt, hr)
INSERT OVERWRITE TABLE u PARTITION (dt = '1', hr) SELECT a, b, h FROM t;
-- > t:a => u:x
-- > t:b => u:y
-- > t:h => u:hr

-- == a partition that is a column
CREATE TABLE u (x int) PARTITIONED BY (dt string);
INSERT OVERWRITE TABLE u PARTITION (dt) SELECT a, d FROM t;
-- > t:a => u:x
-- > t:d => u:dt

-- == several inserts from one table
FROM t INSERT OVERWRITE TABLE a SELECT x INSERT INTO TABLE b SELECT y WHERE z = 1;
-- > t:x => a:x
-- > t:y => b:y
-- ~ t:z => b

-- == several inserts from a query
FROM (SELECT k, v FROM t WHERE f = 1) q INSERT OVERWRITE TABLE a SELECT q.k INSERT OVERWRITE TABLE b SELECT v;
-- > t:k => a:k
-- ~ t:f => a
-- > t:v => b:v
-- ~ t:f => b

-- == lateral views
INSERT INTO u SELECT t.a, m.k, m.v, n.e FROM t LATERAL VIEW explode(t.x) m AS k, v LATERAL VIEW OUTER explode(t.y) n AS e;
-- > t:a => u:a
-- > t:x => u:k
-- > t:x => u:v
-- > t:y => u:e

-- == a lateral view of what a lateral view gave
INSERT INTO u SELECT i FROM t LATERAL VIEW explode(x) p AS o LATERAL VIEW explode(o.items) q AS i;
-- > t:x => u:i

-- == exchange of a partition
ALTER TABLE tab1 EXCHANGE PARTITION (p = '1') WITH TABLE tab2;
-- > tab2 => tab1
-- ! 1 SQL_COLUMN_UNKNOWN

-- == a directory is no table
INSERT OVERWRITE DIRECTORY '/tmp/x' SELECT a FROM t;

-- == semi join
INSERT INTO u SELECT * FROM (SELECT a FROM t) q LEFT SEMI JOIN s ON q.a = s.b;
-- > t:a => u:a
-- ~ t:a => u
-- ~ s:b => u
