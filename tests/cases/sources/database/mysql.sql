-- What a MySQL or MariaDB can hold that a reader must get right; tests/connectors/test_database_mysql.py says how.
CREATE TABLE area (code char(6) PRIMARY KEY, name varchar(50) NOT NULL UNIQUE) COMMENT '行政区划';
CREATE TABLE person (
    id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
    id_no varchar(18) NOT NULL COMMENT '身份证号',
    name varchar(40) NOT NULL DEFAULT '',
    gender enum('男', '女', 'it''s') DEFAULT '男',
    roles set('a', 'b'),
    number int(8) unsigned zerofill,
    small tinyint,
    flag tinyint(1),
    bits bit(8),
    income decimal(12, 2) DEFAULT 0,
    height float,
    weight double,
    born date,
    seen datetime(3) DEFAULT current_timestamp(3) ON UPDATE current_timestamp(3),
    at timestamp NULL,
    wakes time,
    since year,
    notes mediumtext,
    photo longblob,
    code binary(16),
    place point,
    age int AS (year(born)) VIRTUAL,
    age_kept int AS (year(born)) STORED,
    area char(6),
    hidden_default varchar(10) DEFAULT NULL,
    CONSTRAINT person_area FOREIGN KEY (area) REFERENCES area (code),
    UNIQUE KEY id_area (id_no, area)
) COMMENT '人口基本信息';
CREATE TABLE `order` (`select` int, `a``b` int, `名称` varchar(10), `x.y` int);
CREATE TABLE household (area char(6), number int, head bigint unsigned, PRIMARY KEY (area, number), FOREIGN KEY (head) REFERENCES person (id));
CREATE TABLE event (id bigint, at date NOT NULL) PARTITION BY RANGE (year(at)) (
    PARTITION p2025 VALUES LESS THAN (2026), PARTITION p2026 VALUES LESS THAN (2027));
CREATE TABLE memory_table (a int) ENGINE = MEMORY;
CREATE TABLE copy (id bigint unsigned, name text);
CREATE TABLE log_of_area (code char(6), at datetime);
INSERT INTO area VALUES ('320900', '盐城市'), ('320902', '亭湖区');
ANALYZE TABLE area;

CREATE VIEW adult AS SELECT id, name, area, income FROM person WHERE born < '2008-01-01';
CREATE VIEW adult_area AS
    SELECT a.id, upper(a.name) AS name, b.name AS area_name, a.income * 12 AS yearly
    FROM adult a JOIN area b ON b.code = a.area;
CREATE VIEW top_areas AS SELECT area_name, sum(yearly) AS total, count(*) AS heads FROM adult_area GROUP BY area_name;
CREATE VIEW everything AS SELECT * FROM area;
CREATE VIEW renamed (a, b) AS SELECT code, name FROM area;
CREATE VIEW united AS SELECT name AS title FROM area UNION ALL SELECT name FROM person;
CREATE VIEW quoted AS SELECT `order`.`a``b` AS `c``d`, `order`.`名称` AS `名` FROM `order`;
CREATE VIEW with_cte AS WITH x AS (SELECT id, name FROM person) SELECT name, row_number() OVER (ORDER BY id) AS place FROM x;
CREATE VIEW joined_text AS SELECT concat_ws('-', p.name, a.name) AS text, ifnull(p.income, 0) AS income FROM person p LEFT JOIN area a ON a.code = p.area;

CREATE PROCEDURE fill_copy(IN from_id INT)
BEGIN
    INSERT INTO copy (id, name) SELECT adult.id, lower(adult.name) FROM adult WHERE adult.id > from_id;
END;
CREATE FUNCTION name_of(wanted INT) RETURNS varchar(40) READS SQL DATA RETURN (SELECT name FROM person WHERE id = wanted);
CREATE TRIGGER area_changes AFTER INSERT ON area FOR EACH ROW INSERT INTO log_of_area (code, at) VALUES (NEW.code, now());
CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY DO INSERT INTO copy (id, name) SELECT id, notes FROM person;

CREATE TABLE hostile (
    a int COMMENT '登录密码: Abc12345!',
    b int COMMENT '一\n二',
    c int COMMENT '无'
) COMMENT '前\b后';
