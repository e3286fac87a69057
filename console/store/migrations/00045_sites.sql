-- +goose Up

-- Facts of a station. The UN Security Level (1 minimal to 6 extreme, 0 not set) is
-- the Department's judgement of the place; it is no posture.
ALTER TABLE stations
    ADD COLUMN security_level smallint   NOT NULL DEFAULT 0 CHECK (security_level BETWEEN 0 AND 6),
    ADD COLUMN working_week   smallint[] NOT NULL DEFAULT '{1,2,3,4,5}'; -- ISO days, 1 is Monday

-- What is known of where things are at a station changes as one: its version is
-- the lock that every change takes.
CREATE TABLE sites (
    station text PRIMARY KEY REFERENCES stations (id),
    version bigint NOT NULL DEFAULT 0
);

CREATE INDEX point_places_station ON point_places (station);

-- Cameras that people know by their number.
CREATE TABLE cameras (
    station text   NOT NULL REFERENCES stations (id),
    id      text   NOT NULL,
    name    text   NOT NULL,
    place   text   REFERENCES places (id),
    version bigint NOT NULL,
    PRIMARY KEY (station, id)
);

-- The plan of a level as it is, and the versions before it (the last 200).
CREATE TABLE plans (
    level    text PRIMARY KEY REFERENCES places (id) ON DELETE CASCADE,
    station  text   NOT NULL,
    version  bigint NOT NULL,
    document jsonb  NOT NULL
);
CREATE INDEX plans_station ON plans (station);

CREATE TABLE plan_versions (
    level         text        NOT NULL REFERENCES places (id) ON DELETE CASCADE,
    version       bigint      NOT NULL,
    station       text        NOT NULL,
    saved_at      timestamptz NOT NULL,
    saved_by      text        NOT NULL,
    saved_by_name text        NOT NULL,
    note          text        NOT NULL,
    document      jsonb       NOT NULL,
    PRIMARY KEY (level, version)
);

-- Pictures under plans, by the hash of what was rebuilt. One that no version of a
-- plan uses goes a week after it was uploaded.
CREATE TABLE drawings (
    station  text             NOT NULL REFERENCES stations (id),
    hash     text             NOT NULL,
    kind     text             NOT NULL CHECK (kind IN ('svg', 'png')),
    width    double precision NOT NULL,
    height   double precision NOT NULL,
    uploaded timestamptz      NOT NULL,
    left_out text[]           NOT NULL DEFAULT '{}',
    data     bytea            NOT NULL,
    PRIMARY KEY (station, hash)
);
