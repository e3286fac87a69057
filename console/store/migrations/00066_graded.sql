-- +goose Up

-- Replay asks which alarms a rule has made graver since an instant. Few lines are.
CREATE INDEX alarm_history_graded ON alarm_history (alarm, id) WHERE what = 'priority_raised';
