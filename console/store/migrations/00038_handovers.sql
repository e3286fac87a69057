-- +goose Up

-- Handovers of a station's watch: the sheet as it was signed, by two people.
CREATE TABLE handovers (
    id            text PRIMARY KEY,
    station       text        NOT NULL REFERENCES stations (id),
    state         text        NOT NULL CHECK (state IN ('offered', 'taken', 'withdrawn')),
    sheet         jsonb       NOT NULL,
    notes         text        NOT NULL,
    outgoing      text        NOT NULL,
    outgoing_name text        NOT NULL,
    outgoing_at   timestamptz NOT NULL,
    incoming      text        NOT NULL DEFAULT '',
    incoming_name text        NOT NULL DEFAULT '',
    incoming_at   timestamptz,
    remarks       text        NOT NULL DEFAULT '', -- of the incoming officer
    version       bigint      NOT NULL DEFAULT 1
);
CREATE INDEX handovers_station ON handovers (station, id);
-- One handover of a station is offered at a time.
CREATE UNIQUE INDEX handovers_offered ON handovers (station) WHERE state = 'offered';
