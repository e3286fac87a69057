-- +goose Up

-- Warden boards. doc is the whole of one; the columns beside it are for finding.
CREATE TABLE evacuations (
    id            text PRIMARY KEY, -- UUIDv7: sorts by time
    station       text    NOT NULL,
    building      text    NOT NULL, -- a place's id, or empty
    building_name text    NOT NULL,
    alarm         text    NOT NULL DEFAULT '',
    drill         boolean NOT NULL,
    running       boolean NOT NULL,
    doc           jsonb   NOT NULL,
    version       bigint  NOT NULL
);
-- One board of a building at a time; a real one may begin during a drill.
CREATE UNIQUE INDEX evacuations_running ON evacuations (station, building, building_name, drill) WHERE running;
CREATE INDEX evacuations_station ON evacuations (station, id);

-- What happened on a board, in order; nothing is ever changed here.
CREATE TABLE evacuation_log (
    evacuation text        NOT NULL REFERENCES evacuations (id),
    n          integer     NOT NULL,
    station    text        NOT NULL,
    at         timestamptz NOT NULL,
    by_id      text        NOT NULL,
    by_name    text        NOT NULL,
    what       text        NOT NULL,
    params     jsonb       NOT NULL,
    PRIMARY KEY (evacuation, n)
);
