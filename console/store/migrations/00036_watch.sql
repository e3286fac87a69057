-- +goose Up

-- Desks that are open now: one row a session whose screens stream. Rows are kept
-- fresh by the console that holds the stream; one that is not was left. Nothing
-- here is a record.
CREATE UNLOGGED TABLE watch_desks (
    id       text PRIMARY KEY,
    console  text        NOT NULL, -- which start of which console holds the stream
    session  text        NOT NULL,
    person   jsonb       NOT NULL,
    chosen   text        NOT NULL, -- the station that the desk has chosen; empty: all
    desk     text        NOT NULL, -- the desk's name
    since    timestamptz NOT NULL,
    last_key timestamptz NOT NULL,
    seen     timestamptz NOT NULL
) WITH (fillfactor = 50);

-- How the watch of a station is kept.
CREATE TABLE watch_stations (
    station    text PRIMARY KEY,
    state      text        NOT NULL CHECK (state IN ('unmanned', 'kept', 'prompting', 'missed')),
    since      timestamptz NOT NULL,
    last_key   timestamptz NOT NULL,
    prompt_at  timestamptz,          -- when the desks were asked
    supervisor boolean     NOT NULL DEFAULT false, -- it has gone up
    alarmed    boolean     NOT NULL DEFAULT false, -- an alarm stands for it
    version    bigint      NOT NULL DEFAULT 1
);
