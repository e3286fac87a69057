-- +goose Up

-- How a station's own spreadsheets are read, as it was said the last time.
ALTER TABLE roster_records DROP CONSTRAINT roster_records_kind_check;
ALTER TABLE roster_records ADD CONSTRAINT roster_records_kind_check CHECK (kind = ANY (ARRAY[
    'officer', 'post', 'shift', 'rule', 'holiday', 'calendar', 'leave', 'request', 'swap', 'recall', 'template', 'feed', 'remark', 'import']));
