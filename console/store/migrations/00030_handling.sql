-- +goose Up

-- state is what is shown, A to G of ISA-18.2; beneath is the state of the
-- machine, A to D, which goes on below a removal. What is removed is on the row
-- too, so that a list needs no other table.
ALTER TABLE alarms DROP CONSTRAINT alarms_state_check;
ALTER TABLE alarms
    ADD CONSTRAINT alarms_state_check CHECK (state IN ('unacknowledged', 'acknowledged', 'returned', 'normal', 'shelved', 'suppressed', 'out_of_service')),
    ADD COLUMN beneath          text    NOT NULL DEFAULT 'normal' CHECK (beneath IN ('unacknowledged', 'acknowledged', 'returned', 'normal')),
    ADD COLUMN removed          jsonb,
    ADD COLUMN owner            jsonb,
    ADD COLUMN escalation       jsonb,
    ADD COLUMN escalate_at      timestamptz,
    ADD COLUMN escalation_level integer NOT NULL DEFAULT 0,
    ADD COLUMN finish_at        timestamptz,
    ADD COLUMN close_needed     boolean NOT NULL DEFAULT false,
    ADD COLUMN closed           jsonb,
    ADD COLUMN area             text    NOT NULL DEFAULT '',
    ADD COLUMN area_name        text    NOT NULL DEFAULT '',
    ADD COLUMN building         text    NOT NULL DEFAULT '',
    ADD COLUMN building_name    text    NOT NULL DEFAULT '',
    ADD COLUMN chattering       boolean NOT NULL DEFAULT false,
    ADD COLUMN on_test          boolean NOT NULL DEFAULT false,
    -- Life safety is never hidden, whatever a program writes.
    ADD CONSTRAINT alarms_life_safety_shown CHECK (NOT life_safety OR state = beneath);
UPDATE alarms SET beneath = state;

-- Those that have to be looked at again by the clock, and those that are over and
-- wait to be closed.
CREATE INDEX alarms_escalate ON alarms (escalate_at) WHERE escalate_at IS NOT NULL;
CREATE INDEX alarms_finish ON alarms (finish_at) WHERE finish_at IS NOT NULL;
CREATE INDEX alarms_to_close ON alarms (station, id) WHERE state = 'normal' AND close_needed AND closed IS NULL;

-- from_state and to_state are what was shown before and after; beneath is the
-- machine's state after. Lines from before this are left as they were.
ALTER TABLE alarm_history
    ADD COLUMN from_state text  NOT NULL DEFAULT '',
    ADD COLUMN to_state   text  NOT NULL DEFAULT '',
    ADD COLUMN beneath    text  NOT NULL DEFAULT '',
    ADD COLUMN address    text  NOT NULL DEFAULT '',
    ADD COLUMN effect     jsonb;
