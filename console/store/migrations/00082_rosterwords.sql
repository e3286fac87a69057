-- +goose Up

-- Remarks of a day, for the Daily Detail.
ALTER TABLE roster_records DROP CONSTRAINT roster_records_kind_check;
ALTER TABLE roster_records ADD CONSTRAINT roster_records_kind_check CHECK (kind = ANY (ARRAY[
    'officer', 'post', 'shift', 'rule', 'holiday', 'calendar', 'leave', 'request', 'swap', 'recall', 'template', 'feed', 'remark']));
