-- +goose Up

-- Where a door stands, and when it counts as held open, is said with its times
-- (door_times); this said it a second time, and nothing read it.
ALTER TABLE door_settings DROP COLUMN class;
