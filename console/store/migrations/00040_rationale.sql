-- +goose Up

-- Who set a row last, and every change that was made, for those who ask why an
-- alarm has the priority that it has.
ALTER TABLE alarm_rationale
    ADD COLUMN changed_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN changed_by text        NOT NULL DEFAULT ''; -- name
CREATE TABLE rationale_changes (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    station text        NOT NULL,
    point   text        NOT NULL,
    kind    text        NOT NULL,
    at      timestamptz NOT NULL,
    by_id   text        NOT NULL,
    by_name text        NOT NULL,
    was     jsonb       NOT NULL,
    now     jsonb       NOT NULL
);
CREATE INDEX rationale_changes_station ON rationale_changes (station, id);
CREATE INDEX rationale_changes_point ON rationale_changes (point, id);

-- How long a door may stand open before the console says so: seconds, by class
-- or of its own, at some hours otherwise.
CREATE TABLE door_times (
    point      text PRIMARY KEY,
    station    text        NOT NULL,
    class      text        NOT NULL CHECK (class IN ('inside', 'entrance', 'dock', 'unsupervised')),
    held_after integer     NOT NULL DEFAULT 0, -- 0: the class's own
    warn       integer     NOT NULL DEFAULT 0, -- seconds before; 0: ten
    hours      jsonb       NOT NULL DEFAULT '[]',
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text        NOT NULL DEFAULT '',
    version    bigint      NOT NULL DEFAULT 1
);
CREATE INDEX door_times_station ON door_times (station, point);

-- Doors that stand open now and are watched: since when by the gateway's clock.
-- held is set when the console has raised it.
CREATE TABLE door_openings (
    point   text PRIMARY KEY,
    station text        NOT NULL,
    since   timestamptz NOT NULL, -- observed
    signal  bigint      NOT NULL, -- id of the signal that said so, and its place in the gateway's sequence
    epoch   bigint      NOT NULL,
    seq     bigint      NOT NULL,
    warn_at timestamptz NOT NULL,
    held_at timestamptz NOT NULL,
    held    boolean     NOT NULL DEFAULT false
);
CREATE INDEX door_openings_station ON door_openings (station);

-- How far each worker that follows the journal or the history has read: all ids
-- up to this one are done, and no transaction that is under way holds a lower one.
CREATE TABLE followers (
    name text PRIMARY KEY,
    upto bigint NOT NULL
);
