-- +goose Up

-- The time in which a pre-alarm is looked into. doc is the whole of it; the
-- columns beside it are for finding. Kept for good: who decided what.
CREATE TABLE investigations (
    id           text PRIMARY KEY, -- UUIDv7: sorts by time
    station      text    NOT NULL,
    alarm        text    NOT NULL, -- the pre-alarm
    raises       integer NOT NULL, -- its count when it was taken up
    other_alarm  text    NOT NULL DEFAULT '', -- the alarm that decided it
    other_raises integer NOT NULL DEFAULT 0,
    state        text    NOT NULL CHECK (state IN ('running', 'undecided', 'decided')),
    reported     boolean NOT NULL, -- nothing is left to be said in the alarm list
    doc          jsonb   NOT NULL,
    version      bigint  NOT NULL
);
-- At most one of a pre-alarm at a time, whichever console begins it.
CREATE UNIQUE INDEX investigations_running ON investigations (alarm) WHERE state <> 'decided';
CREATE INDEX investigations_alarm ON investigations (alarm, raises);
CREATE INDEX investigations_other ON investigations (other_alarm) WHERE other_alarm <> '';
CREATE INDEX investigations_station ON investigations (station, id);
CREATE INDEX investigations_unreported ON investigations (id) WHERE NOT reported;
