-- +goose Up

-- The newest raise of what is or was active: a restore that arrives late shows by
-- it that the condition was raised anew behind it.
ALTER TABLE point_conditions
    ADD COLUMN raised_epoch bigint NOT NULL DEFAULT 0,
    ADD COLUMN raised_seq   bigint NOT NULL DEFAULT 0;
UPDATE point_conditions SET raised_epoch = epoch, raised_seq = seq WHERE active;
