-- +goose Up

-- Zones of fire panels: what the detectors of a zone watch, and where.
CREATE TABLE fire_zones (
    id                  text PRIMARY KEY,          -- UUIDv7
    station             text    NOT NULL,
    panel               text    NOT NULL,          -- "<gateway>/<device>"
    number              integer NOT NULL,          -- as the panel shows it
    name                text    NOT NULL,
    place               text    REFERENCES places (id) ON DELETE SET NULL,
    investigate_seconds integer NOT NULL DEFAULT 0, -- 0: as the station has it
    version             bigint  NOT NULL DEFAULT 1,
    UNIQUE (panel, number)
);
CREATE INDEX fire_zones_station ON fire_zones (station);

-- A point is in one zone at most.
CREATE TABLE fire_zone_points (
    point   text PRIMARY KEY,
    station text NOT NULL,
    zone    text NOT NULL REFERENCES fire_zones (id) ON DELETE CASCADE
);
CREATE INDEX fire_zone_points_zone ON fire_zone_points (zone);

-- What the desk of fire looks at each second: few rows, whatever else is open.
CREATE INDEX alarms_open_fire ON alarms (station, kind) WHERE open AND category = 'fire';
