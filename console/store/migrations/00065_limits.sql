-- +goose Up

-- The limits of a point's value with their dead bands, as its gateway's birth tells
-- them: what raises an alarm, and what ends it. A birth writes them anew.
ALTER TABLE points ADD COLUMN limits jsonb NOT NULL DEFAULT '[]';
