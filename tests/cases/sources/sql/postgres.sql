-- == default names
-- default: people, public
CREATE VIEW v AS SELECT id FROM person UNION ALL SELECT p.id FROM archive.person p;
-- > people.public.person:id => people.public.v:id
-- > people.archive.person:id => people.public.v:id

-- == quoted names keep their case
INSERT INTO "U" SELECT "A" AS "B", C FROM t;
-- > t:A => U:B
-- > t:c => U:c

-- == distinct on
INSERT INTO u SELECT DISTINCT ON (a) a, b FROM t ORDER BY a, c DESC;
-- > t:a => u:a
-- > t:b => u:b
-- ~ t:a => u

-- == a lateral subquery
INSERT INTO u SELECT t.a, l.m FROM t CROSS JOIN LATERAL (SELECT max(x) AS m FROM s WHERE s.i = t.i) l;
-- > t:a => u:a
-- > s:x => u:m
-- ~ s:i => u
-- ~ t:i => u

-- == unnest and functions in FROM
INSERT INTO u SELECT t.a, e FROM t, unnest(t.list) AS e;
INSERT INTO v SELECT x.a, x.b FROM t, jsonb_to_record(t.j) AS x(a int, b text);
-- > t:a => u:a
-- > t:list => u:e
-- > t:j => v:a
-- > t:j => v:b

-- == filter and order in aggregates
INSERT INTO u SELECT sum(a) FILTER (WHERE b > 1) AS s, string_agg(c, ',' ORDER BY d) AS l FROM t;
-- > t:a => u:s
-- ~ t:b => u:s
-- > t:c => u:l
-- ~ t:d => u:l

-- == an upsert
INSERT INTO t (id, n) SELECT i, m FROM s ON CONFLICT (id) DO UPDATE SET n = t.n + excluded.n, at = excluded.id;
-- > s:i => t:id
-- > s:m => t:n
-- > t:n => t:n
-- > s:i => t:at

-- == rows moved by a common table expression
WITH gone AS (DELETE FROM t WHERE old RETURNING *) INSERT INTO u SELECT a, b FROM gone;
-- > t:a => u:a
-- > t:b => u:b
-- ~ t:old => u

-- == two writes in one statement
WITH w AS (INSERT INTO t (a) SELECT x FROM s RETURNING a) INSERT INTO u SELECT a FROM w;
-- > s:x => t:a
-- > t:a => u:a

-- == select into makes a table
SELECT a, b INTO m FROM t;
-- > t:a => m:a
-- > t:b => m:b

-- == a function in PL/pgSQL
CREATE FUNCTION f(lowest int) RETURNS void AS $$
DECLARE
  r record;
  top int;
BEGIN
  SELECT max(k) INTO top FROM settings;
  FOR r IN SELECT a, b FROM t WHERE c > lowest LOOP
    INSERT INTO u (x, y) VALUES (r.a, r.b + top);
  END LOOP;
  IF top > 1 THEN
    UPDATE w SET z = s.z FROM s WHERE s.i = w.i;
  ELSE
    PERFORM g(top);
  END IF;
END;
$$ LANGUAGE plpgsql;
-- > t:a => u:x
-- > t:b => u:y
-- > settings:k => u:y
-- > s:z => w:z
-- ~ s:i => w

-- == a function in SQL, and one in Python
CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $$ INSERT INTO u SELECT a FROM t; $$;
CREATE FUNCTION g() RETURNS int AS $$ return 1 $$ LANGUAGE plpython3u;
-- > t:a => u:a
-- ! 2 SQL_NOT_FOLLOWED

-- == a block
DO $body$ BEGIN INSERT INTO u SELECT a FROM t; END $body$;
-- > t:a => u:a

-- == search_path
SET search_path TO sales;
INSERT INTO u SELECT a FROM t;
-- > sales.t:a => sales.u:a

-- == lateral names in a materialized view
CREATE MATERIALIZED VIEW mv AS SELECT date_trunc('month', at) AS m, sum(v)::numeric AS s FROM t GROUP BY 1;
-- > t:at => mv:m
-- > t:v => mv:s
-- ~ t:at => mv

-- == names of columns that have none
CREATE TABLE m AS SELECT count(*), max(a), b::text, 1 FROM t;
INSERT INTO u (p, q, r, s) SELECT * FROM m;
-- > t => m:count
-- > t:a => m:max
-- > t:b => m:b
-- > m:count => u:p
-- > m:max => u:q
-- > m:b => u:r
-- > m:?column? => u:s

-- == rows that are copied in
COPY t (a, b) FROM stdin;
1	x;y
2	it's
\.
INSERT INTO u SELECT a FROM t;
-- > t:a => u:a
