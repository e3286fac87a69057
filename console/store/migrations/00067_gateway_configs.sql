-- +goose Up

-- Configurations that were sent to gateways, and what became of them. A few dozen of
-- a gateway are kept; older ones go when a new one comes.
CREATE TABLE gateway_configs (
    gateway     text        NOT NULL REFERENCES gateways (id) ON DELETE CASCADE,
    version     bigint      NOT NULL,
    station     text        NOT NULL,
    body        text        NOT NULL, -- YAML
    state       text        NOT NULL CHECK (state IN ('sent', 'trying', 'applied', 'refused', 'reverted')),
    faults      jsonb       NOT NULL DEFAULT '[]',
    by_id       text        NOT NULL,
    by_name     text        NOT NULL,
    at          timestamptz NOT NULL,
    answered_at timestamptz,
    PRIMARY KEY (gateway, version)
);
