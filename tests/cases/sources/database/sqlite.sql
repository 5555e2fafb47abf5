-- What an SQLite file can hold that a reader must get right; tests/connectors/test_database_sqlite.py says how.
CREATE TABLE area (code CHAR(6) PRIMARY KEY, name VARCHAR(50) NOT NULL UNIQUE) WITHOUT ROWID;
CREATE TABLE person (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL DEFAULT '某人',
    area CHAR(6) REFERENCES area (code),
    income DECIMAL(10, 2),
    untyped,
    odd "LONG WORDS (7)",
    seen DATETIME,
    upper_name TEXT GENERATED ALWAYS AS (upper(name)) VIRTUAL
);
CREATE TABLE household (area TEXT, number INT, head INT REFERENCES person, PRIMARY KEY (area, number), UNIQUE (head, area));
CREATE TABLE "order" ("select" INT, "a""b" INT, "名称" TEXT);
CREATE VIRTUAL TABLE words USING fts5(title, body);
CREATE VIEW adult AS SELECT id, name, area, income FROM person WHERE income > 0;
CREATE VIEW adult_area AS SELECT a.id, upper(a.name) AS name, b.name AS area_name FROM adult a JOIN area b ON b.code = a.area;
CREATE VIEW renamed (a, b) AS SELECT code, name FROM area;
CREATE VIEW everything AS SELECT * FROM area;
CREATE TABLE changes (code TEXT);
CREATE TRIGGER note AFTER INSERT ON area BEGIN INSERT INTO changes (code) VALUES (NEW.code); END;
CREATE INDEX person_area ON person (area);
INSERT INTO area VALUES ('320900', '盐城市');
ANALYZE;
