-- == brackets and parts left out
-- default: db1, dbo
INSERT INTO [U] SELECT [t].[A b], c FROM db2..t;
-- > db2.dbo.t:a b => db1.dbo.u:a b
-- > db2.dbo.t:c => db1.dbo.u:c

-- == update by the alias
UPDATE a SET a.x = b.y FROM t a JOIN s b ON a.i = b.i WHERE b.f = 1;
-- > s:y => t:x
-- ~ s:i => t
-- ~ s:f => t

-- == a temporary table by select into
SELECT a, b INTO #m FROM t WHERE c = 1
INSERT INTO u SELECT a FROM #m
DROP TABLE #m
-- > t:a => u:a
-- ~ t:c => u

-- == a table variable
DECLARE @m TABLE (k int, v int)
INSERT INTO @m SELECT a, b FROM t
INSERT INTO u (x) SELECT v FROM @m
-- > t:b => u:x

-- == variables
DECLARE @top int = (SELECT max(a) FROM t)
SELECT @top = max(b) FROM s
INSERT INTO u (x) VALUES (@top)
-- > t:a => u:x
-- > s:b => u:x

-- == apply
INSERT INTO u SELECT t.a, v.x FROM t CROSS APPLY (VALUES (t.b), (t.c)) v (x);
INSERT INTO w SELECT t.a, q.m FROM t OUTER APPLY (SELECT TOP 1 s.m FROM s WHERE s.i = t.i ORDER BY s.d) q;
-- > t:a => u:a
-- > t:b => u:x
-- > t:c => u:x
-- > t:a => w:a
-- > s:m => w:m
-- ~ s:i => w
-- ~ t:i => w
-- ~ s:d => w

-- == unpivot
INSERT INTO u SELECT id, k, v FROM t UNPIVOT (v FOR k IN (a, b)) p;
-- > t:id => u:id
-- > t:a => u:v
-- > t:b => u:v

-- == a procedure without semicolons
CREATE PROCEDURE dbo.fill @low int = 1 AS
BEGIN
  SET NOCOUNT ON
  INSERT INTO u SELECT x FROM t WHERE n > @low
  IF EXISTS (SELECT 1 FROM k)
  BEGIN
    UPDATE c SET d = e.d FROM c JOIN e ON c.i = e.i
  END
  ELSE
    DELETE FROM z
  ;WITH q AS (SELECT a FROM b) INSERT INTO y SELECT a FROM q
  MERGE t2 AS t USING s2 AS s ON t.i = s.i WHEN MATCHED THEN UPDATE SET t.a = s.a WHEN NOT MATCHED THEN INSERT (i, a) VALUES (s.i, s.a);
  EXEC dbo.other @low
  EXEC sp_executesql N'INSERT INTO dyn SELECT r FROM g'
END
GO
CREATE VIEW v AS SELECT a FROM b UNION ALL SELECT c FROM d
GO
-- > t:x => u:x
-- ~ t:n => u
-- > e:d => c:d
-- ~ e:i => c
-- > b:a => y:a
-- > s2:a => t2:a
-- > s2:i => t2:i
-- ~ s2:i => t2
-- > g:r => dyn:r
-- > b:a => v:a
-- > d:c => v:a
-- ! 13 SQL_NOT_FOLLOWED

-- == aliases with an equals sign
INSERT INTO u SELECT x = a, y = ISNULL(b, c) FROM t;
-- > t:a => u:x
-- > t:b => u:y
-- > t:c => u:y

-- == use
USE db1
GO
INSERT INTO u SELECT a FROM db2.dbo.t
-- > db2.dbo.t:a => db1.dbo.u:a

-- == a trigger
CREATE TRIGGER tr ON dbo.t AFTER INSERT, UPDATE AS
BEGIN
  INSERT INTO log (a) SELECT i.a FROM inserted i
END
-- > dbo.t:a => log:a

-- == adding to a column
UPDATE a SET a.x += b.y FROM t a JOIN s b ON a.i = b.i;
-- > s:y => t:x
-- ~ s:i => t

-- == select into from a union
SELECT a INTO m FROM t UNION ALL SELECT b FROM s;
-- > t:a => m:a
-- > s:b => m:a
