-- +goose Up

-- What people set of a door. Every door is an escape door while signed_at is null.
CREATE TABLE door_settings (
    point       text PRIMARY KEY,
    station     text        NOT NULL,
    class       text        NOT NULL CHECK (class IN ('inside', 'entrance', 'dock')),
    signed_by   text        NOT NULL DEFAULT '',
    signed_name text        NOT NULL DEFAULT '',
    signed_at   timestamptz,
    signed_why  text        NOT NULL DEFAULT '',
    cameras     text[]      NOT NULL DEFAULT '{}',
    two_person  boolean     NOT NULL DEFAULT false,
    opens       text        NOT NULL DEFAULT '',     -- of an intercom: its door
    version     bigint      NOT NULL DEFAULT 1
);
CREATE INDEX door_settings_station ON door_settings (station);

-- Doors that the console locks again; a timer of the same key does it.
CREATE TABLE door_extended (
    point   text PRIMARY KEY,
    station text        NOT NULL,
    until   timestamptz NOT NULL,
    try     integer     NOT NULL DEFAULT 0,
    command text        NOT NULL DEFAULT ''
);

-- Lockdowns, postures, approvals and calls are read whole and by few: body is the
-- thing as screens see it. They stay; a year of them is some thousand rows.
CREATE TABLE lockdowns (
    id       text PRIMARY KEY,                        -- UUIDv7: sorts by time
    station  text   NOT NULL,
    by_id    text   NOT NULL,
    key      text   NOT NULL,                         -- of the press
    ended    boolean NOT NULL DEFAULT false,
    body     jsonb  NOT NULL,
    UNIQUE (by_id, key)
);
CREATE INDEX lockdowns_open ON lockdowns (station) WHERE NOT ended;
CREATE INDEX lockdowns_station ON lockdowns (station, id);

CREATE TABLE postures (
    id      text PRIMARY KEY,
    station text    NOT NULL,
    ended   boolean NOT NULL DEFAULT false,
    body    jsonb   NOT NULL
);
CREATE INDEX postures_open ON postures (station) WHERE NOT ended;
CREATE INDEX postures_station ON postures (station, id);

CREATE TABLE approvals (
    id      text PRIMARY KEY,
    station text        NOT NULL,
    expires timestamptz NOT NULL,
    waiting boolean     NOT NULL DEFAULT true,
    body    jsonb       NOT NULL,
    payload jsonb       NOT NULL,
    first   jsonb       NOT NULL                      -- the first officer, with the rights of then
);
CREATE INDEX approvals_waiting ON approvals (station) WHERE waiting;

CREATE TABLE calls (
    id      text PRIMARY KEY,
    station text    NOT NULL,
    point   text    NOT NULL,
    ended   boolean NOT NULL DEFAULT false,           -- and no alarm of it stands
    calling boolean NOT NULL DEFAULT true,            -- the device calls still
    body    jsonb   NOT NULL
);
CREATE UNIQUE INDEX calls_calling ON calls (point) WHERE calling;
CREATE INDEX calls_open ON calls (station) WHERE NOT ended;
CREATE INDEX calls_station ON calls (station, id);
