-- +goose Up

-- What must not be dropped from the journal, however old: from from_at to until_at,
-- for one station or, with "*", for all. Released holds stay as a record.
CREATE TABLE legal_holds (
    id             text PRIMARY KEY, -- UUIDv7
    station        text        NOT NULL,
    from_at        timestamptz NOT NULL,
    until_at       timestamptz NOT NULL,
    reason         text        NOT NULL,
    by             text        NOT NULL,
    by_name        text        NOT NULL,
    at             timestamptz NOT NULL,
    released_at    timestamptz,
    released_by    text        NOT NULL DEFAULT '',
    released_name  text        NOT NULL DEFAULT '',
    release_reason text        NOT NULL DEFAULT '',
    CHECK (from_at < until_at)
);
CREATE INDEX legal_holds_standing ON legal_holds (from_at) WHERE released_at IS NULL;
