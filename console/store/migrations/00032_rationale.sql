-- +goose Up

-- What was thought out for a point's alarms before they came; kind '' is all of
-- them. 0 and '' are "not set".
CREATE TABLE alarm_rationale (
    point          text    NOT NULL,
    kind           text    NOT NULL DEFAULT '',
    station        text    NOT NULL,
    priority       integer NOT NULL DEFAULT 0 CHECK (priority BETWEEN 0 AND 4),
    cause          text    NOT NULL DEFAULT '',
    consequence    text    NOT NULL DEFAULT '',
    response       text    NOT NULL DEFAULT '',
    respond_within integer NOT NULL DEFAULT 0, -- seconds
    finish_within  integer NOT NULL DEFAULT 0, -- seconds
    cameras        text[]  NOT NULL DEFAULT '{}',
    procedure      text    NOT NULL DEFAULT '',
    on_delay_ms    integer NOT NULL DEFAULT 0 CHECK (on_delay_ms BETWEEN 0 AND 300000),
    off_delay_ms   integer NOT NULL DEFAULT 0 CHECK (off_delay_ms BETWEEN 0 AND 300000),
    version        bigint  NOT NULL DEFAULT 1,
    PRIMARY KEY (point, kind)
);
CREATE INDEX alarm_rationale_station ON alarm_rationale (station, point);

-- A raise or a restore that its delay holds back, with the signal as it came.
CREATE TABLE alarm_held (
    point  text        NOT NULL,
    kind   text        NOT NULL,
    due    timestamptz NOT NULL,
    heard  jsonb       NOT NULL,
    PRIMARY KEY (point, kind)
);

-- The last raises that were shown, by which chattering is known.
ALTER TABLE point_conditions
    ADD COLUMN shown          timestamptz[] NOT NULL DEFAULT '{}', -- at most three
    ADD COLUMN chatter_began  timestamptz,                         -- while it chatters
    ADD COLUMN chatter_raises integer       NOT NULL DEFAULT 0;

-- For figures: what was over within seconds and unaided; hidden when its delay
-- kept it from being shown at all.
CREATE TABLE alarm_fleeting (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    station   text        NOT NULL,
    point     text        NOT NULL,
    kind      text        NOT NULL,
    at        timestamptz NOT NULL,
    lasted_ms integer     NOT NULL,
    hidden    boolean     NOT NULL
);
CREATE INDEX alarm_fleeting_station ON alarm_fleeting (station, at);

-- For figures: an episode of three raises in a minute or more.
CREATE TABLE alarm_chatter (
    point   text        NOT NULL,
    kind    text        NOT NULL,
    began   timestamptz NOT NULL,
    station text        NOT NULL,
    ended   timestamptz,
    raises  integer     NOT NULL,
    PRIMARY KEY (point, kind, began)
);
CREATE INDEX alarm_chatter_station ON alarm_chatter (station, began);
