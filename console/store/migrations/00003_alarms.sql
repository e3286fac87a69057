-- +goose Up

CREATE TABLE alarms (
    id                  text PRIMARY KEY,
    station             text        NOT NULL,
    gateway             text        NOT NULL,
    device              text        NOT NULL,
    device_name         text        NOT NULL,
    point               text        NOT NULL,
    point_name          text        NOT NULL,
    location            text        NOT NULL,
    kind                text        NOT NULL,
    category            text        NOT NULL,
    priority            integer     NOT NULL,
    life_safety         boolean     NOT NULL,
    state               text        NOT NULL CHECK (state IN ('unacknowledged', 'acknowledged', 'returned', 'normal')),
    raised_at           timestamptz NOT NULL,
    last_at             timestamptz NOT NULL,
    received_at         timestamptz NOT NULL,
    cleared_at          timestamptz,
    count               integer     NOT NULL,
    text                text        NOT NULL,
    signal_state        text        NOT NULL,
    detail              jsonb       NOT NULL,
    acknowledged        jsonb,
    confirmed           boolean     NOT NULL,
    first_up            jsonb,
    cause               text,
    suppressed_children integer     NOT NULL,
    late                boolean     NOT NULL,
    demo                boolean     NOT NULL,
    version             integer     NOT NULL,
    change              bigint      NOT NULL,
    -- what the machine needs and nobody is shown
    asked               integer     NOT NULL, -- version at which it last asked for attention
    claimed             text        NOT NULL, -- the root cause that its device names
    born_suppressed     boolean     NOT NULL,
    epoch               bigint      NOT NULL, -- of the earliest raise
    seq                 bigint      NOT NULL,
    -- In the predicates of the indexes instead of state: an alarm that only goes
    -- from one open state to another then changes no index (a HOT update).
    open                boolean     NOT NULL GENERATED ALWAYS AS (state <> 'normal') STORED
) WITH (fillfactor = 50);
-- At most one open alarm of a point and kind.
CREATE UNIQUE INDEX alarms_open ON alarms (point, kind) WHERE open;
CREATE INDEX alarms_open_gateway ON alarms (gateway, kind) WHERE open;
CREATE INDEX alarms_station ON alarms (station, id);
CREATE INDEX alarms_point ON alarms (point, id);

CREATE TABLE alarm_history (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alarm   text        NOT NULL,
    at      timestamptz NOT NULL,
    what    text        NOT NULL,
    by      text        NOT NULL DEFAULT '',
    by_name text        NOT NULL DEFAULT '',
    comment text        NOT NULL DEFAULT '',
    signal  jsonb
);
CREATE INDEX alarm_history_alarm ON alarm_history (alarm, id);

-- The last signal applied to each point and kind: only a later one is applied
-- there, so that a replayed restore never clears a newer fire.
CREATE TABLE point_conditions (
    point  text        NOT NULL,
    kind   text        NOT NULL,
    active boolean     NOT NULL,
    epoch  bigint      NOT NULL,
    seq    bigint      NOT NULL,
    since  timestamptz NOT NULL,
    began_epoch bigint NOT NULL, -- where it last became active
    began_seq   bigint NOT NULL,
    PRIMARY KEY (point, kind)
) WITH (fillfactor = 50);
