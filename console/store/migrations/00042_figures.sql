-- +goose Up

-- Figures of alarms by the station's control position, filled by the worker that
-- follows alarm_history. A month of the busiest station is some ten thousand rows.

-- What was announced, by minute and priority.
CREATE TABLE figure_minutes (
    station text        NOT NULL,
    minute  timestamptz NOT NULL,
    p1      integer     NOT NULL DEFAULT 0,
    p2      integer     NOT NULL DEFAULT 0,
    p3      integer     NOT NULL DEFAULT 0,
    p4      integer     NOT NULL DEFAULT 0,
    PRIMARY KEY (station, minute)
);

-- The same by day of the station and by what alarmed.
CREATE TABLE figure_points (
    station text    NOT NULL,
    day     date    NOT NULL,
    point   text    NOT NULL,
    kind    text    NOT NULL,
    raises  integer NOT NULL,
    PRIMARY KEY (station, day, point, kind)
);

-- How long alarms waited for an answer: a histogram whose bucket b ends at
-- 0.1 s × 1.1^b. first and second count those within the two times of EN 50518.
CREATE TABLE figure_answers (
    station  text    NOT NULL,
    day      date    NOT NULL,
    priority integer NOT NULL,
    bucket   integer NOT NULL,
    n        integer NOT NULL,
    first    integer NOT NULL,
    second   integer NOT NULL,
    PRIMARY KEY (station, day, priority, bucket)
);

-- Everything that is counted by day: closings by disposition, escalations.
CREATE TABLE figure_counts (
    station text    NOT NULL,
    day     date    NOT NULL,
    what    text    NOT NULL, -- "closed:false", "escalated:2"
    n       integer NOT NULL,
    PRIMARY KEY (station, day, what)
);

-- The most alarms that stood for more than 24 hours, by day.
CREATE TABLE figure_stale (
    station text    NOT NULL,
    day     date    NOT NULL,
    worst   integer NOT NULL,
    PRIMARY KEY (station, day)
);

-- Alarm floods; ended is null while one lasts.
CREATE TABLE floods (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    station text        NOT NULL,
    since   timestamptz NOT NULL,
    ended   timestamptz,
    total   integer     NOT NULL,
    peak    integer     NOT NULL -- most alarms in ten minutes
);
CREATE UNIQUE INDEX floods_now ON floods (station) WHERE ended IS NULL;
CREATE INDEX floods_station ON floods (station, since);
