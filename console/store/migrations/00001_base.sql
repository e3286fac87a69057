-- +goose Up

-- One row: which installation this is.
CREATE TABLE installation (
    one        boolean PRIMARY KEY DEFAULT true CHECK (one),
    id         uuid        NOT NULL DEFAULT gen_random_uuid(),
    created_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO installation DEFAULT VALUES;

-- One row: the last change number and the hash of the last audit entry. Each
-- writing transaction locks it last, so that changes are numbered in the order
-- in which they are committed, without gaps.
CREATE TABLE chain (
    one    boolean PRIMARY KEY DEFAULT true CHECK (one),
    change bigint NOT NULL,
    head   bytea  NOT NULL CHECK (octet_length(head) = 32)
) WITH (fillfactor = 10, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0);
INSERT INTO chain (change, head) VALUES (0, decode(repeat('00', 32), 'hex'));

CREATE TABLE audit_entries (
    change   bigint      NOT NULL,
    index    integer     NOT NULL,
    at       timestamptz NOT NULL,
    station  text        NOT NULL,
    actor    text        NOT NULL,
    name     text        NOT NULL,
    address  text        NOT NULL,
    action   text        NOT NULL,
    subject  text        NOT NULL,
    params   jsonb       NOT NULL,
    previous bytea       NOT NULL,
    hash     bytea       NOT NULL,
    PRIMARY KEY (change, index)
);
CREATE INDEX audit_entries_subject ON audit_entries (subject, change);
CREATE INDEX audit_entries_actor ON audit_entries (actor, change);

CREATE TABLE stations (
    id            text PRIMARY KEY,
    name          text        NOT NULL,
    time_zone     text        NOT NULL DEFAULT 'UTC',
    demo          boolean     NOT NULL DEFAULT false,
    fire_commands boolean     NOT NULL DEFAULT false,
    created_at    timestamptz NOT NULL DEFAULT now(),
    version       bigint      NOT NULL DEFAULT 1
);

CREATE TABLE gateways (
    id              text PRIMARY KEY,
    station         text        NOT NULL REFERENCES stations (id),
    name            text        NOT NULL DEFAULT '',
    credential_hash text        NOT NULL DEFAULT '',
    demo            boolean     NOT NULL DEFAULT false,
    created_at      timestamptz NOT NULL DEFAULT now(),
    session         text        NOT NULL DEFAULT '',
    state           text        NOT NULL DEFAULT 'never_seen',
    state_since     timestamptz NOT NULL DEFAULT now(),
    last_heartbeat  timestamptz,
    birth           jsonb,
    version         bigint      NOT NULL DEFAULT 1
);
CREATE INDEX gateways_station ON gateways (station);

-- id is "<gateway>/<device>"; device is the part after the slash.
CREATE TABLE devices (
    id       text PRIMARY KEY,
    station  text    NOT NULL,
    gateway  text    NOT NULL,
    device   text    NOT NULL,
    name     text    NOT NULL DEFAULT '',
    profile  text    NOT NULL DEFAULT '',
    category text    NOT NULL DEFAULT '',
    location text    NOT NULL DEFAULT '',
    address  text    NOT NULL DEFAULT '',
    line     text    NOT NULL DEFAULT '',
    position integer NOT NULL DEFAULT 0,     -- its place in the birth
    gone     boolean NOT NULL DEFAULT false, -- in no birth any more
    version  bigint  NOT NULL DEFAULT 1
);
CREATE INDEX devices_gateway ON devices (gateway, position);

-- id is "<gateway>/<device>.<point>". priorities, commands_allowed and given_name are
-- the operator's and outlive every birth.
CREATE TABLE points (
    id               text PRIMARY KEY,
    station          text    NOT NULL,
    gateway          text    NOT NULL,
    device           text    NOT NULL,
    point            text    NOT NULL,
    name             text    NOT NULL DEFAULT '',
    given_name       text    NOT NULL DEFAULT '',
    category         text    NOT NULL DEFAULT '',
    type             text    NOT NULL DEFAULT '',
    unit             text    NOT NULL DEFAULT '',
    states           text[]  NOT NULL DEFAULT '{}',
    kinds            text[]  NOT NULL DEFAULT '{}',
    verbs            text[]  NOT NULL DEFAULT '{}',
    priority         integer NOT NULL DEFAULT 0,
    location         text    NOT NULL DEFAULT '',
    position         integer NOT NULL DEFAULT 0,
    priorities       jsonb   NOT NULL DEFAULT '{}',
    commands_allowed boolean NOT NULL DEFAULT false,
    gone             boolean NOT NULL DEFAULT false,
    version          bigint  NOT NULL DEFAULT 1
);
CREATE INDEX points_device ON points (gateway, device, position);
