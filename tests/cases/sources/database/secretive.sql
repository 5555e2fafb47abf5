SET check_function_bodies = off;
CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $body$
BEGIN
    EXECUTE format('ALTER ROLE %I PASSWORD ''Geheim-987''', 'x');
    PERFORM dblink_connect('host=db9 password=Geheim-987');
    CREATE USER MAPPING FOR x SERVER y OPTIONS (password 'Geheim-987');
    CREATE USER x IDENTIFIED BY 'Geheim-987';
END
$body$;
