-- +goose Up

-- What a station's rosters stand on is counted: a plan that was judged at another
-- version is judged anew.
CREATE TABLE roster_stations (
    station     text PRIMARY KEY REFERENCES stations (id),
    version     bigint NOT NULL DEFAULT 0, -- of registers, leave, requests and publications together
    publication bigint NOT NULL DEFAULT 0  -- number of the last publication
);

-- Officers, posts, shift types, rules, holidays, leave, requests, swaps, recalls:
-- each a document with its own version.
CREATE TABLE roster_records (
    station   text   NOT NULL REFERENCES stations (id),
    kind      text   NOT NULL CHECK (kind = ANY (ARRAY['officer', 'post', 'shift', 'rule', 'holiday', 'calendar', 'leave', 'request', 'swap', 'recall', 'template', 'feed'])),
    id        text   NOT NULL,
    version   bigint NOT NULL,
    officer   text   NOT NULL DEFAULT '', -- whose it is
    from_day  date,
    until_day date,
    body      jsonb  NOT NULL,
    PRIMARY KEY (station, kind, id)
);
CREATE INDEX roster_records_days ON roster_records (station, kind, until_day);

CREATE TABLE roster_drafts (
    id        text PRIMARY KEY, -- UUIDv7
    station   text   NOT NULL REFERENCES stations (id),
    state     text   NOT NULL CHECK (state = ANY (ARRAY['open', 'published', 'dropped'])),
    from_day  date   NOT NULL,
    until_day date   NOT NULL,
    version   bigint NOT NULL, -- counts edits
    body      jsonb  NOT NULL
);
CREATE INDEX roster_drafts_station ON roster_drafts (station, id);

-- A cell that was emptied stays with its version.
CREATE TABLE roster_cells (
    draft   text   NOT NULL REFERENCES roster_drafts (id) ON DELETE CASCADE,
    station text   NOT NULL REFERENCES stations (id),
    officer text   NOT NULL,
    day     date   NOT NULL,
    version bigint NOT NULL,
    duties  jsonb  NOT NULL,
    PRIMARY KEY (draft, officer, day)
);

CREATE TABLE roster_edits (
    draft   text        NOT NULL REFERENCES roster_drafts (id) ON DELETE CASCADE,
    station text        NOT NULL REFERENCES stations (id),
    number  bigint      NOT NULL,
    state   text        NOT NULL CHECK (state = ANY (ARRAY['step', 'done', 'undone', 'gone'])),
    by_id   text        NOT NULL,
    at      timestamptz NOT NULL,
    body    jsonb       NOT NULL,
    PRIMARY KEY (draft, number)
);

CREATE TABLE roster_publications (
    id        text PRIMARY KEY,
    station   text        NOT NULL REFERENCES stations (id),
    number    bigint      NOT NULL,
    from_day  date        NOT NULL,
    until_day date        NOT NULL,
    at        timestamptz NOT NULL,
    body      jsonb       NOT NULL,
    UNIQUE (station, number)
);

-- The roster in force: what was published last for each officer's day.
CREATE TABLE roster_duties (
    station     text   NOT NULL REFERENCES stations (id),
    officer     text   NOT NULL,
    day         date   NOT NULL,
    publication bigint NOT NULL,
    duties      jsonb  NOT NULL,
    PRIMARY KEY (station, officer, day)
);
CREATE INDEX roster_duties_day ON roster_duties (station, day);
