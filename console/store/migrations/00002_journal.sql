-- +goose Up

-- The journal: what gateways said, in the order in which it was committed. One
-- partition a week is made ahead; what fits none falls into signals_rest, so
-- that nothing ever fails for want of a partition. occurred is by the device's
-- clock, observed by the gateway's, received by the console's.
CREATE SEQUENCE signals_id;
CREATE TABLE signals (
    id         bigint      NOT NULL DEFAULT nextval('signals_id'),
    received   timestamptz NOT NULL,
    occurred   timestamptz NOT NULL,
    observed   timestamptz NOT NULL,
    epoch      bigint      NOT NULL,
    seq        bigint      NOT NULL,
    active     boolean     NOT NULL,
    historical boolean     NOT NULL,
    demo       boolean     NOT NULL,
    station    text        NOT NULL,
    gateway    text        NOT NULL,
    point      text        NOT NULL,
    kind       text        NOT NULL,
    clock      text        NOT NULL,
    state      text        NOT NULL,
    text       text        NOT NULL,
    detail     jsonb,
    PRIMARY KEY (id, received)
) PARTITION BY RANGE (received);
CREATE INDEX signals_point ON signals (point, id);
CREATE TABLE signals_rest PARTITION OF signals DEFAULT;

-- How far each gateway's sequence is committed without a hole. The row is locked
-- by whoever commits for the gateway; version says that somebody else did.
CREATE TABLE gateway_progress (
    gateway text   NOT NULL,
    epoch   bigint NOT NULL,
    upto    bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (gateway, epoch)
) WITH (fillfactor = 20);

-- What is committed above upto, or inside a gap. The database refuses the second.
CREATE TABLE signal_keys (
    gateway text   NOT NULL,
    epoch   bigint NOT NULL,
    seq     bigint NOT NULL,
    PRIMARY KEY (gateway, epoch, seq)
);

-- Sequence numbers that never came. What still comes is taken.
CREATE TABLE signal_gaps (
    gateway text        NOT NULL,
    epoch   bigint      NOT NULL,
    first   bigint      NOT NULL,
    last    bigint      NOT NULL,
    station text        NOT NULL,
    found   timestamptz NOT NULL,
    why     text        NOT NULL,
    PRIMARY KEY (gateway, epoch, first)
);

-- What could not be understood or stored, as it came.
CREATE TABLE dead_letters (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    station  text        NOT NULL,
    gateway  text        NOT NULL,
    topic    text        NOT NULL,
    received timestamptz NOT NULL,
    reason   text        NOT NULL,
    epoch    bigint      NOT NULL,
    seq      bigint      NOT NULL,
    payload  bytea       NOT NULL
);
CREATE INDEX dead_letters_gateway ON dead_letters (gateway, id);

-- What the console itself says of a gateway has a sequence of its own.
CREATE TABLE console_sequence (
    gateway text PRIMARY KEY,
    seq     bigint NOT NULL
);
