CREATE TABLE airlines (carrier text PRIMARY KEY, name text NOT NULL);
CREATE TABLE airports (
    faa text PRIMARY KEY, name text NOT NULL, lat double precision, lon double precision, alt integer, tz numeric(4, 2),
    dst text, tzone text
);
CREATE TABLE planes (
    tailnum text PRIMARY KEY, year smallint, type text, manufacturer text, model text, engines smallint, seats smallint,
    speed smallint, engine text
);
CREATE TABLE weather (
    origin text NOT NULL, year smallint NOT NULL, month smallint NOT NULL, day smallint NOT NULL, hour smallint NOT NULL,
    temp double precision, dewp double precision, humid double precision, wind_dir smallint, wind_speed double precision,
    wind_gust double precision, precip double precision, pressure double precision, visib double precision,
    time_hour timestamptz NOT NULL
);
CREATE TABLE flights (
    year smallint NOT NULL, month smallint NOT NULL, day smallint NOT NULL, dep_time smallint, sched_dep_time smallint,
    dep_delay smallint, arr_time smallint, sched_arr_time smallint, arr_delay smallint, carrier text NOT NULL,
    flight integer NOT NULL, tailnum text, origin text NOT NULL, dest text NOT NULL, air_time smallint, distance smallint,
    hour smallint, minute smallint, time_hour timestamptz NOT NULL
);
COMMENT ON TABLE flights IS 'Every flight that left New York City in 2013';
