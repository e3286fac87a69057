-- +goose Up

-- What became of each duty: who came, stood, left and was relieved.
CREATE TABLE duty_attendance (
    station text   NOT NULL REFERENCES stations (id),
    officer text   NOT NULL,
    day     date   NOT NULL,
    shift   text   NOT NULL,
    version bigint NOT NULL,
    body    jsonb  NOT NULL,
    PRIMARY KEY (station, officer, day, shift)
);
CREATE INDEX duty_attendance_day ON duty_attendance (station, day);

-- The last check call of each post.
CREATE TABLE duty_calls (
    station text        NOT NULL REFERENCES stations (id),
    post    text        NOT NULL,
    at      timestamptz NOT NULL,
    by_name text        NOT NULL,
    PRIMARY KEY (station, post)
);

-- What the alarm list is to say of duty; told when it has been said.
CREATE TABLE duty_conditions (
    station text        NOT NULL REFERENCES stations (id),
    id      text        NOT NULL,
    active  boolean     NOT NULL,
    told    boolean     NOT NULL,
    since   timestamptz NOT NULL,
    body    jsonb       NOT NULL,
    PRIMARY KEY (station, id)
);
CREATE INDEX duty_conditions_untold ON duty_conditions (station) WHERE NOT told;
