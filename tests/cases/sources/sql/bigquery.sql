-- == names of three parts in backticks
INSERT INTO `p.d.u` (x) SELECT a FROM `p`.d.t;
-- > p.d.t:a => p.d.u:x

-- == unnest
INSERT INTO u SELECT t.a, i.price, o FROM t CROSS JOIN UNNEST(t.items) AS i WITH OFFSET AS o;
-- > t:a => u:a
-- > t:items => u:price

-- == unnest after a comma
INSERT INTO u SELECT e FROM t, t.list AS e;
-- > t:list => u:e

-- == except and replace
-- schema: t(a, b, c)
INSERT INTO u SELECT * EXCEPT (a) REPLACE (b + 1 AS b) FROM t;
-- > t:b => u:b
-- > t:c => u:c

-- == structs and arrays
INSERT INTO u SELECT STRUCT(a AS x, b) AS s, ARRAY(SELECT y FROM z) AS l, c.d.e AS f FROM t;
-- > t:a => u:s
-- > t:b => u:s
-- > z:y => u:l
-- > t:c => u:f

-- == merge with insert row
-- schema: s(id, v)
MERGE d.t AS t USING d.s AS s ON t.id = s.id WHEN NOT MATCHED THEN INSERT ROW;
-- > d.s:id => d.t:id
-- > d.s:v => d.t:v
-- ~ d.s:id => d.t

-- == a script
DECLARE top INT64 DEFAULT (SELECT max(a) FROM t);
BEGIN
  INSERT INTO u (x) VALUES (top);
  CREATE TEMP TABLE m AS SELECT b FROM t;
  INSERT INTO w SELECT b FROM m;
END;
-- > t:a => u:x
-- > t:b => w:b
