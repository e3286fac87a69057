-- +goose Up

-- The registers of points on test, isolated or disabled. doc is the whole of an
-- entry; the columns beside it are for finding.
CREATE TABLE impairments (
    id      text PRIMARY KEY, -- UUIDv7: sorts by time
    station text    NOT NULL,
    point   text    NOT NULL,
    mode    text    NOT NULL CHECK (mode IN ('test', 'isolated', 'disabled')),
    fire    boolean NOT NULL,
    watch   text    NOT NULL DEFAULT '', -- whose rounds the fire watch makes: a zone or a point
    removed text    NOT NULL DEFAULT '', -- the removal of the point's alarms that it holds
    open    boolean NOT NULL,
    doc     jsonb   NOT NULL,
    version bigint  NOT NULL
);
CREATE UNIQUE INDEX impairments_open ON impairments (point, mode) WHERE open;
CREATE INDEX impairments_station ON impairments (station, id);
CREATE INDEX impairments_point ON impairments (point, id);
CREATE INDEX impairments_watch ON impairments (watch) WHERE open AND watch <> '';

-- What happened to an entry, in order.
CREATE TABLE impairment_history (
    impairment text        NOT NULL REFERENCES impairments (id),
    n          bigint      NOT NULL, -- the entry's version after it
    station    text        NOT NULL,
    at         timestamptz NOT NULL,
    by_id      text        NOT NULL,
    by_name    text        NOT NULL,
    what       text        NOT NULL,
    params     jsonb       NOT NULL,
    PRIMARY KEY (impairment, n, what)
);

-- The last word of panels on the points that they isolate, disable or test. An
-- older one that comes late does not undo it.
CREATE TABLE panel_words (
    point    text        NOT NULL,
    kind     text        NOT NULL,
    station  text        NOT NULL,
    active   boolean     NOT NULL,
    state    text        NOT NULL,
    since    timestamptz NOT NULL,
    received timestamptz NOT NULL,
    epoch    bigint      NOT NULL,
    seq      bigint      NOT NULL,
    PRIMARY KEY (point, kind)
);

-- The journal is followed for these kinds only, by an index that holds nothing
-- else: a busy site pays nothing for it.
CREATE INDEX signals_impairing ON signals (received) WHERE kind IN ('zone.isolated', 'fire.disablement', 'fire.test');
