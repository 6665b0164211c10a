SELECT * FROM orders

SELECT customer, sum(amount) AS total FROM orders GROUP BY customer HAVING count(*) > 1 ORDER BY total DESC NULLS LAST

SELECT id, row_number() OVER (PARTITION BY customer ORDER BY placed_at) AS n FROM orders

SELECT id, sum(amount) OVER w, lag(amount, 1, 0) OVER w FROM orders WINDOW w AS (PARTITION BY customer ORDER BY id)

SELECT id, avg(amount) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE TIES) FROM orders

SELECT id, sum(amount) OVER (ORDER BY placed_at RANGE BETWEEN INTERVAL '1 month' PRECEDING AND CURRENT ROW) FROM orders

SELECT o.id, t.tag, t.nr FROM orders o CROSS JOIN LATERAL unnest(o.tags) WITH ORDINALITY AS t(tag, nr)

SELECT o.id, x.top FROM orders o LEFT JOIN LATERAL (SELECT max(amount) AS top FROM orders i WHERE i.customer = o.customer) x ON true

SELECT doc->>'city', doc#>>'{n,0}', doc->'n'->0, doc @> '{"city":"Shiraz"}', doc ? 'n', doc ?| array['a','n'] FROM orders

SELECT jsonb_path_query_array(doc, '$.n[*] ? (@ > 1)'), doc @? '$.n', doc @@ '$.n == 1', doc - 'n' FROM orders

SELECT key, value FROM orders, jsonb_each_text(doc)

SELECT id, (doc->>'city')::text AS city, CAST(amount AS int) FROM orders WHERE doc ->> 'city' IS NOT NULL

SELECT tags[1], tags[1:2], tags || 'z'::text, array_length(tags, 1), 'a' = ANY(tags), tags && ARRAY['b'], tags @> '{b}' FROM orders

SELECT count(*) FILTER (WHERE amount > 100) AS big, count(DISTINCT customer) FROM orders

SELECT customer, date_trunc('month', placed_at) AS m, sum(amount) FROM orders GROUP BY GROUPING SETS ((customer), (2), ())

SELECT customer, grouping(customer), sum(amount) FROM orders GROUP BY ROLLUP (customer) ORDER BY 1

SELECT customer, id, count(*) FROM orders GROUP BY CUBE (customer, id)

SELECT placed_at + interval '1 day' * 3, now() - placed_at, age(placed_at), placed_at::date + 7 FROM orders

SELECT placed_at AT TIME ZONE 'Asia/Tehran', extract(epoch FROM placed_at), date_part('dow', placed_at) FROM orders

SELECT to_char(placed_at, 'YYYY-MM-DD HH24:MI'), to_char(amount, 'FM999,990.00') FROM orders

SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY amount), mode() WITHIN GROUP (ORDER BY customer) FROM orders

SELECT string_agg(customer, '، ' ORDER BY id DESC), array_agg(id ORDER BY id) FROM orders

SELECT DISTINCT ON (customer) customer, placed_at FROM orders ORDER BY customer, placed_at DESC

SELECT CASE WHEN amount > 100 THEN 'زیاد' WHEN amount IS NULL THEN '—' ELSE 'کم' END FROM orders

SELECT * FROM orders WHERE customer ~* '^a' OR customer SIMILAR TO 'A%' OR customer ILIKE '%ل%' ESCAPE '!'

SELECT regexp_replace(customer, '[aeiou]', '', 'gi'), substring(customer FROM 1 FOR 2), customer !~ 'x' FROM orders

SELECT id FROM orders WHERE (customer, id) IN (SELECT customer, max(id) FROM orders GROUP BY customer)

SELECT id FROM orders o WHERE EXISTS (SELECT 1 FROM orders i WHERE i.id <> o.id AND i.customer = o.customer)

SELECT id AS "شماره", customer AS مشتری, amount * 1.09 AS "با مالیات" FROM orders WHERE customer = 'مینا'

SELECT id AS شناسه‌ی_سفارش FROM orders

SELECT id -- the number; not the 'name'
, /* nested /* comment */ with ; and ' */ customer FROM orders

SELECT o.* FROM orders AS o ORDER BY id OFFSET 1 ROWS FETCH FIRST 2 ROWS ONLY

SELECT * FROM orders ORDER BY amount DESC NULLS LAST FETCH FIRST 1 ROW WITH TIES

SELECT row_to_json(o), to_jsonb(o) - 'doc' FROM orders o

SELECT json_agg(json_build_object('id', id, 'tags', tags)) FROM orders

SELECT coalesce(amount, 0), nullif(amount, 80), greatest(amount, 100), amount IS DISTINCT FROM 80 FROM orders

SELECT width_bucket(coalesce(amount, 0), 0, 200, 4), round(amount, 1), ceil(amount)::int % 7, |/ 25.0, 2 ^ 3, @ -5 FROM orders

SELECT id FROM orders WHERE placed_at BETWEEN '2024-01-01' AND '2024-04-15' AND (placed_at, placed_at) OVERLAPS (date '2024-01-01', date '2025-01-01')

TABLE orders

SELECT update, share, delete FROM (SELECT id, id, id FROM orders) AS t(update, share, delete)

SELECT max(t.insert), t.merge FROM (SELECT id AS insert, customer AS merge FROM orders) t GROUP BY 2

SELECT customer COLLATE "C" FROM orders ORDER BY customer COLLATE "C"

SELECT (SELECT count(*) FROM orders), ARRAY(SELECT id FROM orders ORDER BY id)

(SELECT id FROM orders ORDER BY id LIMIT 1) UNION ALL (SELECT id FROM orders ORDER BY id DESC LIMIT 1) ORDER BY 1

SELECT id FROM orders EXCEPT SELECT 1 INTERSECT SELECT 2

SELECT corr(id, amount), regr_slope(id, amount), stddev_samp(amount), variance(amount) FROM orders

SELECT first_value(id) OVER (ORDER BY id), ntile(4) OVER (ORDER BY id), percent_rank() OVER (ORDER BY amount) FROM orders

SELECT a.id FROM orders a JOIN orders b USING (id) NATURAL JOIN (SELECT 1 AS id) c
