-- +goose Up

-- Whom a station may have to reach. role says what word they get: delivery,
-- supervisor, duty_chief, or none.
CREATE TABLE contacts (
    id       text PRIMARY KEY,
    station  text    NOT NULL REFERENCES stations (id),
    name     text    NOT NULL,
    function text    NOT NULL,
    post     text    NOT NULL,
    phone    text    NOT NULL,
    radio    text    NOT NULL,
    email    text    NOT NULL,
    webhook  text    NOT NULL,
    role     text    NOT NULL CHECK (role IN ('', 'delivery', 'supervisor', 'duty_chief')),
    user_id  text    NOT NULL,
    position integer NOT NULL,
    version  bigint  NOT NULL DEFAULT 1
);
CREATE INDEX contacts_station ON contacts (station, position);

-- Who is duty chief from when to when.
CREATE TABLE duty_turns (
    id      text PRIMARY KEY,
    station text        NOT NULL,
    contact text        NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    "from"  timestamptz NOT NULL,
    until   timestamptz NOT NULL
);
CREATE INDEX duty_turns_station ON duty_turns (station, until);

-- Word on its way. Rows are pruned 400 days after their end by the console's
-- upkeep of deliveries; a station makes a few a day.
CREATE TABLE deliveries (
    id         text PRIMARY KEY, -- UUIDv7: in the order in which they were queued
    station    text        NOT NULL,
    "to"       text        NOT NULL,
    contact    text        NOT NULL,
    name       text        NOT NULL,
    channel    text        NOT NULL,
    address    text        NOT NULL,
    subject    text        NOT NULL,
    text       text        NOT NULL,
    about      text        NOT NULL,
    state      text        NOT NULL CHECK (state IN ('waiting', 'sending', 'sent', 'failed')),
    tries      integer     NOT NULL DEFAULT 0,
    reason     text        NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    next_at    timestamptz, -- of the next try; while sending, when the lease ends
    sent_at    timestamptz,
    demo       boolean     NOT NULL DEFAULT false
);
CREATE INDEX deliveries_due ON deliveries (next_at) WHERE state IN ('waiting', 'sending');
CREATE INDEX deliveries_station ON deliveries (station, id);
CREATE INDEX deliveries_failed ON deliveries (id) WHERE state = 'failed';
CREATE INDEX deliveries_about ON deliveries (about, id);
