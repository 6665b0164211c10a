CREATE TABLE flights (
    year smallint NOT NULL, month smallint NOT NULL, day smallint NOT NULL, dep_time smallint, sched_dep_time smallint,
    dep_delay smallint, arr_time smallint, sched_arr_time smallint, arr_delay smallint, carrier text NOT NULL,
    flight integer NOT NULL, tailnum text, origin text NOT NULL, dest text NOT NULL, air_time smallint, distance smallint,
    hour smallint, minute smallint, time_hour timestamptz NOT NULL
);
COMMENT ON TABLE flights IS 'Every flight that left New York City in 2013';
