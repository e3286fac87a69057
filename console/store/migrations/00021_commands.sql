-- +goose Up

CREATE TABLE commands (
    id              text PRIMARY KEY, -- UUIDv7: sorts by time
    station         text        NOT NULL,
    gateway         text        NOT NULL,
    point           text        NOT NULL,
    verb            text        NOT NULL,
    arguments       jsonb       NOT NULL,
    reason          text        NOT NULL,
    state           text        NOT NULL,
    code            text        NOT NULL DEFAULT '',
    text            text        NOT NULL DEFAULT '',
    read_back       text        NOT NULL DEFAULT '',
    by_id           text        NOT NULL,
    by_name         text        NOT NULL,
    requested_at    timestamptz NOT NULL,
    deadline        timestamptz NOT NULL,
    finished_at     timestamptz,
    demo            boolean     NOT NULL DEFAULT false,
    idempotency_key text        NOT NULL,
    fingerprint     text        NOT NULL,
    version         bigint      NOT NULL DEFAULT 1,
    UNIQUE (by_id, idempotency_key)
);
CREATE INDEX commands_point ON commands (point, id);
CREATE INDEX commands_station ON commands (station, id);
CREATE INDEX commands_unfinished ON commands (id) WHERE finished_at IS NULL;
