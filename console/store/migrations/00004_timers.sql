-- +goose Up

-- Work that people wait for: taken when due, with its effect in the same
-- transaction, by whichever console comes first.
CREATE TABLE timers (
    kind     text        NOT NULL,
    key      text        NOT NULL,
    due      timestamptz NOT NULL,
    payload  jsonb       NOT NULL DEFAULT '{}',
    failures integer     NOT NULL DEFAULT 0,
    reason   text        NOT NULL DEFAULT '', -- why it failed last
    PRIMARY KEY (kind, key)
);
CREATE INDEX timers_due ON timers (due);
