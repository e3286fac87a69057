-- +goose Up

-- What takes alarms out of sight: shelved, suppressed by design, out of service
-- (ISA-18.2 E, F, G), of a point's kind, or of all kinds but life safety when kind
-- is empty. point may be "<gateway>/<device>.*", all points of a device. In force
-- while ended is null; what has ended stays for replay and figures.
CREATE TABLE removals (
    id            text PRIMARY KEY, -- UUIDv7
    station       text        NOT NULL,
    point         text        NOT NULL,
    kind          text        NOT NULL DEFAULT '',
    mode          text        NOT NULL CHECK (mode IN ('shelved', 'suppressed', 'out_of_service')),
    reason        text        NOT NULL,
    by_id         text        NOT NULL,
    by_name       text        NOT NULL,
    since         timestamptz NOT NULL,
    until         timestamptz,
    end_by        text        NOT NULL CHECK (end_by IN ('time', 'shift', 'one_shot', 'rule', 'person')),
    rule          text        NOT NULL DEFAULT '',
    source        text        NOT NULL DEFAULT '', -- the point whose signal set the rule off
    patrol        text        NOT NULL DEFAULT '',
    needs_confirm boolean     NOT NULL DEFAULT false,
    test          boolean     NOT NULL DEFAULT false,
    demo          boolean     NOT NULL DEFAULT false,
    version       integer     NOT NULL DEFAULT 1,
    ended         timestamptz,
    ended_by      text        NOT NULL DEFAULT '',
    ended_why     text        NOT NULL DEFAULT '',
    -- No row can say that life safety is out of sight.
    CONSTRAINT removals_no_life_safety CHECK (kind NOT IN ('fire.alarm', 'fire.evacuation', 'medical.alarm', 'duress', 'panic'))
);
-- One of a mode over a point's kind; a rule may have several sources.
CREATE UNIQUE INDEX removals_in_force ON removals (point, kind, mode, rule, source) WHERE ended IS NULL;
CREATE INDEX removals_station ON removals (station, id);
CREATE INDEX removals_point ON removals (point, id);

-- Suppression by design, as data. The gateway that is lost needs no row: one root
-- cause, one alarm is built in.
CREATE TABLE suppression_rules (
    id         text PRIMARY KEY, -- UUIDv7
    station    text    NOT NULL,
    name       text    NOT NULL,
    enabled    boolean NOT NULL DEFAULT true,
    when_holds text    NOT NULL CHECK (when_holds IN ('panel_on_test', 'area_disarmed')),
    device     text    NOT NULL DEFAULT '', -- panel_on_test: "<gateway>/<device>"; empty for every panel of the station
    area       text    NOT NULL DEFAULT '', -- area_disarmed: the point that tells of area.armed
    points     text[]  NOT NULL DEFAULT '{}',
    version    bigint  NOT NULL DEFAULT 1
);
CREATE INDEX suppression_rules_station ON suppression_rules (station, id);
