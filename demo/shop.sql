-- A small Persian shop in the year 1404 (from 2025-03-21): what real Persian data looks like, digits of three scripts included.
CREATE TABLE customers (
    id integer PRIMARY KEY, name text NOT NULL, city text NOT NULL, phone text, email text, joined date NOT NULL,
    joined_jalali text NOT NULL, interests text[] NOT NULL, loyal boolean
);
CREATE TABLE products (
    id integer PRIMARY KEY, title text NOT NULL, price numeric(14, 2) NOT NULL, weight_kg real, warranty interval,
    opens time, specifications jsonb NOT NULL
);
CREATE TABLE orders (
    id bigint PRIMARY KEY, number text NOT NULL, customer_id integer NOT NULL REFERENCES customers,
    product_id integer NOT NULL REFERENCES products, placed_on date NOT NULL, placed_on_jalali text NOT NULL,
    quantity smallint NOT NULL, amount numeric(16, 2) NOT NULL, paid_at timestamptz, tracking uuid NOT NULL,
    details jsonb NOT NULL, receipt bytea, note text
);
CREATE SCHEMA "انبار";
CREATE TABLE "انبار"."موجودی" (
    "شناسه" integer PRIMARY KEY, "کالا" text NOT NULL, "قفسه" text NOT NULL, "تعداد" integer, "آخرین شمارش" timestamptz
);

-- 1404 has 365 days: six months of 31, five of 30, one of 29.
CREATE FUNCTION jalali(day date) RETURNS text IMMUTABLE LANGUAGE sql AS $$
    SELECT CASE WHEN n < 186 THEN format('1404/%s/%s', lpad((n / 31 + 1)::text, 2, '0'), lpad((n % 31 + 1)::text, 2, '0'))
                ELSE format('1404/%s/%s', lpad(((n - 186) / 30 + 7)::text, 2, '0'), lpad(((n - 186) % 30 + 1)::text, 2, '0'))
           END
    FROM (SELECT day - date '2025-03-21' AS n) AS since
$$;
CREATE FUNCTION in_script(digits text, script integer) RETURNS text IMMUTABLE LANGUAGE sql AS $$
    SELECT CASE script WHEN 0 THEN translate(digits, '0123456789', '۰۱۲۳۴۵۶۷۸۹')
                       WHEN 1 THEN translate(digits, '0123456789', '٠١٢٣٤٥٦٧٨٩')
                       ELSE digits END
$$;

INSERT INTO customers
SELECT i,
       (ARRAY['زهرا', 'علی', 'فاطمه', 'محمّد', 'مریم', 'آرش', 'نگین', 'کیان', 'یاسمن', 'پویا'])[i % 10 + 1] || ' ' ||
       (ARRAY['رضایی', 'کریمی', 'حسینی‌نژاد', 'محمدی', 'یوسفی', 'گل‌محمدی', 'چراغی', 'ژاله‌پور'])[i / 10 % 8 + 1],
       (ARRAY['تهران', 'مشهد', 'اصفهان', 'شیراز', 'تبریز', 'یزد', 'بندرعباس'])[i % 7 + 1],
       CASE WHEN i % 11 > 0 THEN in_script('0912' || lpad((i * 48271 % 10000000)::text, 7, '0'), i % 3) END,
       CASE WHEN i % 4 > 0 THEN 'customer' || i || '@example.com' END,
       joined, in_script(jalali(joined), i % 3),
       (ARRAY['کتاب', 'چای', 'گلدان', 'پارچه', 'قلم'])[1 + i % 3 : 1 + i % 5],
       CASE i % 3 WHEN 0 THEN true WHEN 1 THEN false END
FROM generate_series(1, 400) AS i, LATERAL (SELECT date '2025-03-21' + i * 7 % 365 AS joined) AS one_day;

INSERT INTO products
SELECT i,
       (ARRAY['کتاب', 'دفتر', 'خودنویس', 'چای', 'زعفران', 'گلیم', 'سماور', 'قوری'])[i % 8 + 1] || ' ' ||
       (ARRAY['ممتاز', 'دست‌ساز', 'سفری', 'کلاسیک', 'ویژهٔ نوروز'])[i % 5 + 1],
       (i * 7919 % 900 + 10) * 10000, CASE WHEN i % 6 > 0 THEN i % 40 / 8.0 END,
       CASE WHEN i % 2 = 0 THEN make_interval(months => i % 24 + 1) END,
       CASE WHEN i % 3 = 0 THEN time '08:30' + make_interval(hours => i % 4) END,
       jsonb_build_object('رنگ', (ARRAY['فیروزه‌ای', 'لاجوردی', 'نارنجی', NULL])[i % 4 + 1], 'ابعاد', jsonb_build_array(i % 30, i % 20))
FROM generate_series(1, 40) AS i;

INSERT INTO orders
SELECT i, 'سفارش ' || in_script(i::text, i % 3) || '-' || i % 97, i * 31 % 400 + 1, product.id,
       placed, in_script(jalali(placed), i % 3), i % 5 + 1, product.price * (i % 5 + 1),
       CASE WHEN i % 8 > 0 THEN (placed + time '09:15' + make_interval(mins => i % 600)) AT TIME ZONE 'Asia/Tehran' END,
       md5('order' || i)::uuid,
       jsonb_build_object('درگاه', (ARRAY['کارت', 'نقد', 'کیف پول'])[i % 3 + 1], 'هدیه', i % 9 = 0, 'تخفیف', i % 4 * 0.05),
       CASE WHEN i % 5 = 0 THEN decode(md5('receipt' || i), 'hex') END,
       CASE i % 6 WHEN 0 THEN 'لطفاً پیش از ارسال تماس بگیرید.' WHEN 1 THEN 'کد تخفیف: ' || in_script('1404', 0) END
FROM generate_series(1, 5000) AS i
JOIN products AS product ON product.id = i * 13 % 40 + 1,
     LATERAL (SELECT date '2025-03-21' + i * 17 % 365 AS placed) AS one_day;

INSERT INTO "انبار"."موجودی"
SELECT id, title, (ARRAY['الف', 'ب', 'پ', 'ت'])[id % 4 + 1] || '-' || in_script((id % 12 + 1)::text, 0),
       CASE WHEN id % 10 > 0 THEN id * 37 % 250 END, timestamptz '2025-09-23 08:00+03:30' + make_interval(hours => id * 5)
FROM products;

COMMENT ON TABLE customers IS 'مشتریان';
COMMENT ON TABLE products IS 'کالاها';
COMMENT ON TABLE orders IS 'سفارش‌ها';
