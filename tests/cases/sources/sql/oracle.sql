-- == names are in capitals
INSERT INTO u SELECT a, "b" FROM t;
-- > T:A => U:A
-- > T:b => U:b

-- == several columns from a subquery
UPDATE t SET (a, b) = (SELECT x, y FROM s WHERE s.id = t.id) WHERE EXISTS (SELECT 1 FROM k WHERE k.id = t.id);
-- > S:X => T:A
-- ~ S:ID => T:A
-- ~ T:ID => T:A
-- > S:Y => T:B
-- ~ S:ID => T:B
-- ~ T:ID => T:B
-- ~ K:ID => T

-- == insert all
INSERT ALL WHEN x > 1 THEN INTO a (c) VALUES (x) ELSE INTO b (d) VALUES (y) SELECT x, y FROM t WHERE f = 1;
-- > T:X => A:C
-- ~ T:F => A
-- ~ T:X => A
-- > T:Y => B:D
-- ~ T:F => B

-- == functions of its own
INSERT INTO u SELECT NVL(a, b) AS x, DECODE(c, 1, d, 2, e, f) AS y, NVL2(g, h, i) AS z, SYSDATE AS now FROM t;
-- > T:A => U:X
-- > T:B => U:X
-- > T:D => U:Y
-- > T:E => U:Y
-- > T:F => U:Y
-- ~ T:C => U:Y
-- > T:H => U:Z
-- > T:I => U:Z
-- ~ T:G => U:Z

-- == lists within groups
INSERT INTO u SELECT LISTAGG(a, ',') WITHIN GROUP (ORDER BY b) AS x, PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY c) AS y FROM t;
-- > T:A => U:X
-- ~ T:B => U:X
-- > T:C => U:Y

-- == outer joins of old, and dual
INSERT INTO u SELECT t.a, s.b FROM t, s WHERE t.i = s.i (+);
INSERT INTO v SELECT 1 FROM dual;
-- > T:A => U:A
-- > S:B => U:B
-- ~ T:I => U
-- ~ S:I => U

-- == connect by
INSERT INTO u SELECT a, LEVEL AS l FROM t START WITH p IS NULL CONNECT BY PRIOR id = p;
-- > T:A => U:A
-- ~ T:P => U
-- ~ T:ID => U

-- == pivot
INSERT INTO u SELECT * FROM (SELECT a, b, c FROM t) PIVOT (SUM(c) FOR b IN ('x' AS x1, 'y' AS y1));
-- > T:A => U:A
-- > T:C => U:X1
-- ~ T:B => U:X1
-- > T:C => U:Y1
-- ~ T:B => U:Y1

-- == merge with conditions
MERGE INTO t USING s ON (t.id = s.id) WHEN MATCHED THEN UPDATE SET t.v = s.v WHERE s.f = 1
WHEN NOT MATCHED THEN INSERT (id, v) VALUES (s.id, s.v);
-- > S:V => T:V
-- ~ S:F => T:V
-- > S:ID => T:ID
-- ~ S:ID => T

-- == a procedure
SET DEFINE OFF
CREATE OR REPLACE PROCEDURE fill (p_low IN NUMBER, p_n OUT NUMBER) IS
  v_top NUMBER := 0;
  CURSOR c IS SELECT x, y FROM s;
BEGIN
  SELECT MAX(k) INTO v_top FROM settings;
  FOR r IN c LOOP
    INSERT INTO u (a, b) VALUES (r.x, r.y + v_top);
  END LOOP;
  FOR r IN (SELECT p, q FROM t WHERE n > p_low) LOOP
    IF r.p > 1 THEN
      UPDATE w SET z = r.q WHERE w.p = r.p;
    ELSIF r.p = 0 THEN
      NULL;
    END IF;
  END LOOP;
  EXECUTE IMMEDIATE 'INSERT INTO d SELECT e FROM f';
  EXECUTE IMMEDIATE v_text;
  other_procedure(p_n);
EXCEPTION
  WHEN NO_DATA_FOUND THEN
    INSERT INTO errors (text) SELECT msg FROM messages;
END fill;
/
INSERT INTO last_one SELECT a FROM t;
-- > S:X => U:A
-- > S:Y => U:B
-- > SETTINGS:K => U:B
-- > T:Q => W:Z
-- ~ T:P => W
-- > F:E => D:E
-- > MESSAGES:MSG => ERRORS:TEXT
-- > T:A => LAST_ONE:A
-- ! 18 SQL_NOT_FOLLOWED
-- ! 19 SQL_NOT_FOLLOWED

-- == a package with two procedures
CREATE OR REPLACE PACKAGE BODY pk AS
  PROCEDURE one IS BEGIN INSERT INTO u1 SELECT a FROM t; END one;
  PROCEDURE two (n NUMBER) IS BEGIN INSERT INTO u2 SELECT b FROM t; END two;
END pk;
/
-- > T:A => U1:A
-- > T:B => U2:B

-- == a trigger
CREATE OR REPLACE TRIGGER tr AFTER INSERT ON s.t FOR EACH ROW BEGIN INSERT INTO log (a) VALUES (:NEW.a); END;
/
-- > S.T:A => LOG:A

-- == quotes of its own
INSERT INTO u SELECT q'[it's; so]' AS x, a FROM t;
-- > T:A => U:A
