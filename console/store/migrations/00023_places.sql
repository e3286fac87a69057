-- +goose Up

-- Premises, buildings, levels and areas, each within its parent.
CREATE TABLE places (
    id         text PRIMARY KEY,                    -- UUIDv7
    station    text        NOT NULL REFERENCES stations (id),
    parent     text        REFERENCES places (id),
    kind       text        NOT NULL CHECK (kind IN ('premises', 'building', 'level', 'area')),
    name       text        NOT NULL,
    position   integer     NOT NULL DEFAULT 0,      -- among its siblings
    detail     jsonb       NOT NULL DEFAULT '{}',
    version    bigint      NOT NULL DEFAULT 1
);
CREATE INDEX places_station ON places (station, kind);
CREATE INDEX places_parent ON places (parent);

-- Where a point is: the innermost place that is known. A point stands in one
-- place; the place's ancestors follow from it.
CREATE TABLE point_places (
    point   text PRIMARY KEY,
    station text NOT NULL,
    place   text NOT NULL REFERENCES places (id) ON DELETE CASCADE
);
CREATE INDEX point_places_place ON point_places (place);

-- A station's own choices, one document by name; whoever owns the name checks it.
CREATE TABLE settings (
    station text   NOT NULL,
    name    text   NOT NULL,
    value   jsonb  NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (station, name)
);
