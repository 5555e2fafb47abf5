-- == backticks
INSERT INTO `u` SELECT `t`.`a b`, `c` FROM `db1`.`t`;
-- > db1.t:a b => u:a b
-- > db1.t:c => u:c

-- == replace
REPLACE INTO u (x) SELECT a FROM t;
-- > t:a => u:x

-- == on duplicate key
INSERT INTO u (a, b) SELECT x, y FROM t ON DUPLICATE KEY UPDATE b = VALUES(b), c = VALUES(a) + 1;
-- > t:x => u:a
-- > t:y => u:b
-- > t:x => u:c

-- == update of two tables by a join
UPDATE t a JOIN s b ON a.id = b.id SET a.x = b.y, b.z = a.w WHERE b.f = 1;
-- > s:y => t:x
-- ~ s:id => t
-- ~ s:f => t
-- > t:w => s:z
-- ~ t:id => s

-- == insert set
INSERT INTO u SET a = 1, b = (SELECT max(x) FROM t);
-- > t:x => u:b

-- == if and group_concat
INSERT INTO u SELECT IF(a > 1, b, c) AS x, GROUP_CONCAT(d ORDER BY e SEPARATOR ';') AS y FROM t;
-- > t:b => u:x
-- > t:c => u:x
-- ~ t:a => u:x
-- > t:d => u:y
-- ~ t:e => u:y

-- == use
USE db1;
INSERT INTO u SELECT a FROM t;
USE db2;
INSERT INTO u SELECT a FROM t;
-- > db1.t:a => db1.u:a
-- > db2.t:a => db2.u:a

-- == rename
INSERT INTO t_new SELECT a FROM s;
RENAME TABLE t TO t_old, t_new TO t;
-- > s:a => t:a

-- == names in any case
-- schema: t(Id, Name)
INSERT INTO u SELECT id, T.NAME FROM t AS T;
-- > t:Id => u:id
-- > t:Name => u:NAME

-- == a procedure with a cursor, behind a delimiter
DELIMITER //
CREATE PROCEDURE fill(IN lowest INT)
BEGIN
  DECLARE done INT DEFAULT 0;
  DECLARE v_a, v_b INT;
  DECLARE c CURSOR FOR SELECT a, b FROM t WHERE k > lowest;
  DECLARE CONTINUE HANDLER FOR NOT FOUND SET done = 1;
  OPEN c;
  again: LOOP
    FETCH c INTO v_a, v_b;
    IF done THEN LEAVE again; END IF;
    INSERT INTO u (x, y) VALUES (v_a, v_b);
  END LOOP;
  CLOSE c;
  SET @top = (SELECT max(q) FROM s);
  INSERT INTO w (z) VALUES (@top);
END //
DELIMITER ;
INSERT INTO u2 SELECT a FROM t2;
-- > t:a => u:x
-- > t:b => u:y
-- > s:q => w:z
-- > t2:a => u2:a

-- == a trigger
CREATE TRIGGER tr AFTER INSERT ON t FOR EACH ROW INSERT INTO log (a) VALUES (NEW.a);
-- > t:a => log:a
