relname LIKE 'pg_%'

relname = 'میز' OR (relkind IN ('r', 'v') AND NOT relisshared)

oid IN (SELECT attrelid FROM pg_attribute WHERE attnum > 0)

reltuples > 10 AND relname ~ '^pg' -- a comment

EXISTS (SELECT 1 FROM pg_namespace n WHERE n.oid = relnamespace AND n.nspname = 'pg_catalog')

CASE WHEN relkind = 'r' THEN reltuples > 0 ELSE true END

length(relname) BETWEEN 3 AND 20 AND relname !~~ '%;%'
