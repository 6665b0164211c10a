SELECT 1

select 1;

SELECT

VALUES (1, 'a'), (2, 'b') ORDER BY 1 DESC LIMIT 1

(VALUES (1)) UNION (VALUES (2))

SELECT * FROM (VALUES (1, 'یک'), (2, 'دو')) AS t(n, نام)

TABLE pg_catalog.pg_am

TABLE pg_am ORDER BY oid LIMIT 1

SHOW server_version

SHOW TIME ZONE

SHOW TRANSACTION ISOLATION LEVEL

SHOW ALL

EXPLAIN SELECT 1

EXPLAIN VERBOSE SELECT 1

EXPLAIN (VERBOSE, COSTS off, FORMAT json) SELECT count(*) FROM pg_class

EXPLAIN (SELECT 1)

EXPLAIN WITH x AS (SELECT 1) TABLE x

SELECT g::date FROM generate_series('2024-01-01'::date, '2024-01-10', interval '3 days') AS g

SELECT i, i * i AS square FROM generate_series(1, 10) AS s(i) WHERE i % 2 = 0

WITH RECURSIVE t(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT sum(n) FROM t

WITH RECURSIVE t(a, b) AS (SELECT 1, 2 UNION ALL SELECT b, a FROM t) CYCLE a SET seen USING path SELECT * FROM t

WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 3) SEARCH DEPTH FIRST BY n SET o TABLE t

WITH a AS MATERIALIZED (SELECT 1 AS x), b AS NOT MATERIALIZED (SELECT 2 AS x) SELECT * FROM a, b

SELECT relname FROM pg_class TABLESAMPLE BERNOULLI (10) REPEATABLE (42)

SELECT relname FROM pg_class TABLESAMPLE system (50)

SELECT table_schema, table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE'

SELECT n.nspname, c.relname, pg_size_pretty(pg_total_relation_size(c.oid)) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace

SELECT state, count(*) FROM pg_stat_activity GROUP BY state

SELECT a.pid, a.wait_event, now() - a.xact_start AS age FROM pg_catalog.pg_stat_activity AS a WHERE a.state <> 'idle'

SELECT query_start, extract(hour FROM now()) AS query_hour FROM pg_stat_activity

SELECT current_date, current_timestamp, localtime, current_user, session_user, current_setting('TimeZone'), version()

SELECT E'it''s\n\'fine\'', $$dollar 'quoted'; -- text$$, $tag$ $$ $tag$, U&'\0633\0644\0627\0645', B'101', X'ff', N'n'

SELECT U&"\0633" FROM (SELECT 1 AS "س") t

SELECT 'FOR UPDATE; DROP TABLE x; pg_sleep(1)' AS "pg_sleep(1)"

SELECT 'one'
  'two' -- comment
  'three'

SELECT 1.5e3, .5, 1., -1, - -1, +1, 1 != 2, 1 <> 2, 5 / 2, 7 % 3, ~ 5, 5 & 3, 5 | 2, 5 # 1, 1 << 3

SELECT date '2024-03-20', time '10:00', timestamp '2024-03-20 10:00', interval '1 year 2 mons', interval '3' day, numeric '1.5'

SELECT '2024-01-01'::timestamp without time zone, cast('1' as double precision), '{1,2}'::int[], 'x'::varchar(10), 1::numeric(10,2)

SELECT date_bin('15 minutes', timestamp '2024-01-01 10:07', timestamp '2001-01-01'), make_date(2024, 3, 20), isfinite(date '2024-01-01')

SELECT int4range(1, 5) @> 3, daterange('2024-01-01', '2024-02-01', '[]') * daterange('2024-01-15', NULL), '[1,2]'::int4range -|- '[3,4]'

SELECT to_tsvector('simple', 'سلام دنیا') @@ plainto_tsquery('simple', 'دنیا'), ts_rank(to_tsvector('a b'), to_tsquery('a'))

SELECT inet '192.168.1.5' << cidr '192.168.1.0/24', inet '10.0.0.1' <<= '10.0.0.0/8', host(inet '10.0.0.1')

SELECT point(1, 2) <-> point(3, 4), box '(0,0),(1,1)' && box '(1,1),(2,2)', circle '((0,0),2)' @> point '(1,1)'

SELECT 'abc' ^@ 'a', 'abc' LIKE 'a%', 'abc' ~~ 'a%', 'a' !~~* 'B', 1 OPERATOR(pg_catalog.+) 2

SELECT position('b' IN 'abc'), trim(BOTH 'x' FROM 'xax'), overlay('abcd' PLACING 'zz' FROM 2 FOR 2), upper('a') || lower('B')

SELECT * FROM ROWS FROM (generate_series(1, 3), unnest(ARRAY['a', 'b'])) AS t(n, c)

SELECT * FROM json_to_recordset('[{"a":1,"b":"x"}]') AS t(a int, b text)

SELECT * FROM jsonb_to_record('{"a":1}') AS (a int)

SELECT x.* FROM xmltable('/r/i' PASSING xml '<r><i id="1">a</i></r>' COLUMNS id int PATH '@id', v text PATH '.') AS x

SELECT xmlelement(name foo, xmlattributes(1 AS a), 'c'), xpath('/a/text()', xml '<a>t</a>')

SELECT make_interval(days => 10), format('%s-%s', 1, 2), concat_ws(',', 1, NULL, 2), split_part('a,b', ',', 2)

SELECT (ROW(1, 'a')).f1, ROW(1, 2) < ROW(1, 3), (1, 2) = (1, 2), (ARRAY[[1, 2], [3, 4]])[2][1]

SELECT md5('x'), encode(sha256('x'::bytea), 'hex'), gen_random_uuid() IS NOT NULL, random() BETWEEN 0 AND 1

SELECT 1 WHERE 1 = ALL (SELECT 1) AND 2 > SOME (ARRAY[1, 2]) AND NOT (NULL IS TRUE) AND true IS NOT UNKNOWN

SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod) FROM pg_attribute a WHERE a.attrelid = 'pg_class'::regclass AND a.attnum > 0

SELECT s.nr FROM (SELECT nr FROM generate_series(1, 3) nr) s FULL OUTER JOIN (SELECT 2 AS nr) t ON s.nr = t.nr

SELECT 1 GROUP BY DISTINCT ROLLUP (1)

SELECT 'a' IS NORMALIZED, normalize('a', NFC), '1'::json IS NOT NULL, 'x' NOT LIKE 'y', 5 NOT BETWEEN 1 AND 2, 1 NOTNULL, NULL ISNULL

SELECT bool_and(x), every(x), bit_or(1), any_of FROM (SELECT true AS x, 1 AS any_of) t GROUP BY any_of

SELECT count(*), min(day) FROM generate_series(now() - interval '7 days', now(), '1 day') AS day WHERE day::time IS NOT NULL

SELECT lower('[1,3)'::int4range), upper_inf('[1,)'::int4range), unnest('{[1,2],[4,5]}'::int4multirange)

SELECT extract(isodow FROM date '2024-03-20')::int, to_date('1403/01/01', 'YYYY/MM/DD'), to_timestamp(0) AT TIME ZONE 'UTC'

SELECT 'foobar' SIMILAR TO '%o.b%' ESCAPE '#', substring('foobar', 'o(.)b'), 'foo' ~ 'O' IS FALSE

WITH days AS (SELECT generate_series(date '2024-03-20', date '2024-03-26', '1 day')::date AS day) SELECT day, count(*) OVER (ORDER BY day) AS running FROM days

SELECT width_bucket(n, 0, 100, 4) AS bucket, count(*) FROM generate_series(0, 99) AS n GROUP BY bucket ORDER BY bucket

SELECT percentile_disc(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY n), stddev_samp(n), corr(n, n * 2) FROM generate_series(1, 50) AS n

SELECT regexp_matches('a1b22', '([a-z])([0-9]+)', 'g'), regexp_replace('  پاک  ', '\s+', ' ', 'g'), translate('كتاب ي', 'كي', 'کی')

SELECT n, ntile(4) OVER (ORDER BY n), cume_dist() OVER (ORDER BY n), first_value(n) OVER (ORDER BY n) FROM generate_series(1, 8) AS n

SELECT coalesce(NULL, nullif('a', 'a'), 'بی‌نام'), greatest(1, 2, NULL), least(3, 2), CASE 2 WHEN 1 THEN 'یک' ELSE 'دیگر' END

SELECT relname, pg_size_pretty(pg_total_relation_size(oid)) FROM pg_class WHERE relkind = 'r' ORDER BY pg_total_relation_size(oid) DESC LIMIT 3

SELECT schemaname, relname, n_live_tup, last_analyze FROM pg_stat_user_tables ORDER BY n_live_tup DESC

SELECT table_schema, table_name, column_name, data_type FROM information_schema.columns WHERE table_schema NOT IN ('pg_catalog') LIMIT 5

SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint LIMIT 3

SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'pg_catalog' LIMIT 2

SELECT 'select * from users; drop table users' AS text_of_an_attack, 'insert into t' LIKE 'insert%' AS is_insert

SELECT string_agg(DISTINCT n::text, '، ' ORDER BY n::text) AS list, array_agg(n ORDER BY n DESC) FROM generate_series(1, 3) AS n

SELECT d.*, e.total FROM (VALUES (1, 'ری')) AS d(id, city) LEFT JOIN (SELECT 1 AS id, sum(5) AS total) AS e USING (id) WHERE e.total > 0 OR e.total IS NULL
