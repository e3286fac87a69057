-- +goose Up

-- Cover grants: the officers of another station act here, for a time.
CREATE TABLE covers (
    id           text PRIMARY KEY,
    station      text        NOT NULL REFERENCES stations (id), -- which is covered
    by_station   text        NOT NULL,                          -- whose officers cover it; empty: the named users only
    users        text[]      NOT NULL,                          -- named users; with by_station none: all its officers
    "from"       timestamptz NOT NULL,
    until        timestamptz NOT NULL CHECK (until > "from"),
    daily_from   text        NOT NULL, -- wall time "22:00" in the covered station's zone; empty: all day
    daily_to     text        NOT NULL,
    reason       text        NOT NULL,
    granted_by   text        NOT NULL,
    granted_name text        NOT NULL,
    granted_at   timestamptz NOT NULL,
    revoked_at   timestamptz,
    revoked_by   text        NOT NULL DEFAULT '',
    revoked_name text        NOT NULL DEFAULT '',
    revoked_why  text        NOT NULL DEFAULT '',
    version      bigint      NOT NULL DEFAULT 1
);
CREATE INDEX covers_until ON covers (until);
CREATE INDEX covers_station ON covers (station, id);
