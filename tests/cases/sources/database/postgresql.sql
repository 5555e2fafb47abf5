-- What a PostgreSQL can hold that a reader must get right; tests/connectors/test_database_postgresql.py says how.
CREATE SCHEMA people;
CREATE SCHEMA report;
CREATE SCHEMA "Audit Log";
CREATE SCHEMA secret;

-- 1 keys, comments, defaults, identity, sizes
CREATE TABLE people.area (
    code char(6) PRIMARY KEY,
    name varchar(50) NOT NULL UNIQUE
);
COMMENT ON TABLE people.area IS '行政区划';
CREATE TYPE people.gender AS ENUM ('男', '女', '未知');
CREATE DOMAIN people.id_number AS varchar(18) CHECK (VALUE ~ '^\d{17}[\dX]$');
CREATE DOMAIN people.checked_id AS people.id_number NOT NULL;
CREATE TABLE people.person (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id_no people.checked_id,
    name varchar(40) NOT NULL,
    gender people.gender DEFAULT '未知',
    born date,
    area char(6) REFERENCES people.area (code),
    height real,
    weight double precision,
    income numeric(12, 2) DEFAULT 0,
    married boolean,
    photo bytea,
    notes text,
    tags text[],
    scores integer[][],
    more jsonb,
    seen timestamp(3) with time zone,
    wakes time,
    stay interval,
    address inet,
    mark uuid,
    period daterange,
    flags bit varying(8),
    age integer GENERATED ALWAYS AS (CASE WHEN height > 0 THEN 1 ELSE 2 END) STORED,
    number serial,
    dropped text
);
ALTER TABLE people.person DROP COLUMN dropped;
COMMENT ON TABLE people.person IS E'人口基本信息\n全市户籍人口，每日更新';
COMMENT ON COLUMN people.person.id_no IS '身份证号';
COMMENT ON COLUMN people.person.name IS '姓名';
COMMENT ON COLUMN people.person.notes IS '这里写一句很长的话，说明这个字段里可以写什么，不可以写什么，谁来写，什么时候写，写了以后给谁看，看了以后做什么，以及其他需要说明的事项和注意点。';
COMMENT ON COLUMN people.person.height IS '数值';
COMMENT ON COLUMN people.person.weight IS '数值';

-- 2 keys of several columns, a reference to itself, across schemas
CREATE TABLE people.household (
    area char(6) NOT NULL,
    number integer NOT NULL,
    head bigint REFERENCES people.person (id),
    above_area char(6),
    above_number integer,
    PRIMARY KEY (area, number),
    UNIQUE (head, area),
    FOREIGN KEY (above_area, above_number) REFERENCES people.household (area, number)
);
CREATE TABLE report.visit (
    person bigint REFERENCES people.person (id),
    at timestamp
);

-- 3 names in quotes, in other cases, with dots and quotes, reserved, in Chinese
CREATE TABLE "Audit Log"."Person" ("ID" integer, id integer, "first.name" text, "say ""hi""" text, "select" text, "姓名" text);
CREATE TABLE "Audit Log".person ("ID" integer);
CREATE TABLE people."人员表" ("证件号码" varchar(18));

-- 4 partitions, of partitions, in another schema
CREATE TABLE people.event (id bigint, area char(6), at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE people.event_2025 PARTITION OF people.event FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE people.event_2026 PARTITION OF people.event FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')
    PARTITION BY LIST (area);
CREATE TABLE report.event_2026_a PARTITION OF people.event_2026 FOR VALUES IN ('320900');
INSERT INTO people.event SELECT n, '320900', date '2026-02-01' FROM generate_series(1, 1234) n;

-- 5 inheritance
CREATE TABLE people.vehicle (plate text, owner bigint);
CREATE TABLE people.truck (load numeric) INHERITS (people.vehicle);

-- 6 a table without columns, an unlogged one, a foreign one
CREATE TABLE people.nothing ();
CREATE UNLOGGED TABLE people.cache (key text, value text);
CREATE FOREIGN DATA WRAPPER nowhere;
CREATE SERVER elsewhere FOREIGN DATA WRAPPER nowhere;
CREATE FOREIGN TABLE people.remote (id integer, name text) SERVER elsewhere;

-- 7 views on views on views, across schemas
CREATE VIEW report.adult AS SELECT id, name, area, income FROM people.person WHERE born < '2008-01-01';
CREATE VIEW report.adult_area AS
    SELECT a.id, upper(a.name) AS name, b.name AS area_name, a.income * 12 AS yearly
    FROM report.adult a JOIN people.area b ON b.code = a.area;
CREATE VIEW report.top AS SELECT area_name, sum(yearly) AS total, count(*) AS heads FROM report.adult_area GROUP BY area_name;
CREATE MATERIALIZED VIEW report.kept AS SELECT area_name, total FROM report.top;
CREATE VIEW report.everything AS SELECT * FROM people.area;
CREATE VIEW report.renamed (a, b) AS SELECT code, name FROM people.area;
CREATE VIEW report.united AS SELECT name AS title FROM people.area UNION ALL SELECT name FROM people.person;
CREATE VIEW report.with_cte AS WITH x AS (SELECT id, name FROM people.person) SELECT name, row_number() OVER (ORDER BY id) AS place FROM x;
CREATE RECURSIVE VIEW report.above (area, number) AS
    SELECT area, number FROM people.household UNION SELECT h.area, h.number FROM people.household h JOIN above a ON h.above_area = a.area;
CREATE VIEW "Audit Log"."Both" AS SELECT p."ID" AS "First", p.id AS second, q."ID" AS third FROM "Audit Log"."Person" p, "Audit Log".person q;
CREATE VIEW report.of_part AS SELECT id FROM report.event_2026_a;
CREATE VIEW report.of_catalog AS SELECT relname FROM pg_catalog.pg_class;
CREATE VIEW report.lateral AS SELECT p.id, n.tag FROM people.person p CROSS JOIN LATERAL unnest(p.tags) AS n (tag);
CREATE VIEW report.constant AS SELECT 1 AS one;

-- 8 routines and triggers
CREATE TABLE report.copy (id bigint, name text);
CREATE FUNCTION report.fill() RETURNS void LANGUAGE plpgsql AS $body$
BEGIN
    INSERT INTO report.copy (id, name) SELECT a.id, lower(a.name) FROM report.adult a;
END
$body$;
CREATE PROCEDURE report.refill(from_id bigint) LANGUAGE sql AS $body$
    INSERT INTO report.copy (id, name) SELECT person.id, person.notes FROM people.person WHERE person.id > from_id;
$body$;
CREATE TABLE "Audit Log".changes (vehicle text, at timestamp);
CREATE FUNCTION people.note() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    INSERT INTO "Audit Log".changes (vehicle, at) VALUES (NEW.plate, now());
    RETURN NEW;
END
$body$;
CREATE TRIGGER note AFTER INSERT ON people.vehicle FOR EACH ROW EXECUTE FUNCTION people.note();
CREATE AGGREGATE report.total (numeric) (SFUNC = numeric_add, STYPE = numeric, INITCOND = 0);

-- 9 what people write into comments
CREATE TABLE secret.hostile (a integer, b integer, c integer, d integer);
COMMENT ON TABLE secret.hostile IS E'前\u0001后\u0007\u001b[31m\t和\u202e';
COMMENT ON COLUMN secret.hostile.a IS '登录密码: Abc12345!';
COMMENT ON COLUMN secret.hostile.c IS '无';
COMMENT ON COLUMN secret.hostile.d IS '<script>alert(1)</script>';
CREATE TABLE secret.login (v text DEFAULT 'postgres://root:Abc12345@db/x');
CREATE VIEW secret.link AS SELECT 'mysql://root:Abc12345@db9/x'::text AS address, a FROM secret.hostile;

ANALYZE people.event;
ANALYZE people.area;
