-- +goose Up

-- What several signals together mean, as data. since is the id of the last signal
-- before the rule counted as it stands now; tried tells of a trial of this logic.
CREATE TABLE rules (
    id         text PRIMARY KEY,
    station    text        NOT NULL,
    code       text        NOT NULL,
    name       text        NOT NULL,
    enabled    boolean     NOT NULL DEFAULT false,
    logic      jsonb       NOT NULL,
    tried      jsonb,
    since      bigint      NOT NULL DEFAULT 0,
    changed_at timestamptz NOT NULL,
    changed_by text        NOT NULL,
    version    bigint      NOT NULL DEFAULT 1,
    UNIQUE (station, code)
);

-- What rules found, each with the signals it stands on. A signal completes one
-- hit of a rule at most: the database refuses the second. raised is set when it
-- has been said.
CREATE TABLE rule_hits (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rule     text        NOT NULL,
    station  text        NOT NULL,
    trigger  bigint      NOT NULL, -- id of the signal with which it was complete
    used     bigint[]    NOT NULL, -- ids of all its signals
    hit      jsonb       NOT NULL,
    found_at timestamptz NOT NULL,
    raised   timestamptz,
    why      text        NOT NULL DEFAULT '', -- why it could not be said
    UNIQUE (rule, trigger)
);
CREATE INDEX rule_hits_rule ON rule_hits (rule, id);
CREATE INDEX rule_hits_pending ON rule_hits (id) WHERE raised IS NULL;
