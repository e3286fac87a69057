-- +goose Up

-- The journal is digested off the path of intake: a follower cuts it into segments
-- of about twenty thousand rows and writes what replay and search need. What no
-- segment holds yet is read from the journal itself, and is never much. A segment
-- holds the signals with after_signal < id <= upto_signal and the lines of
-- alarm_history with after_line < id <= upto_line.
CREATE TABLE journal_segments (
    id           bigint PRIMARY KEY, -- 1, 2, 3, …
    after_signal bigint      NOT NULL,
    upto_signal  bigint      NOT NULL,
    after_line   bigint      NOT NULL,
    upto_line    bigint      NOT NULL,
    from_at      timestamptz NOT NULL, -- the earliest instant received in it
    to_at        timestamptz NOT NULL,
    until        timestamptz NOT NULL, -- the latest instant of this and of every segment before
    signals      integer     NOT NULL,
    texts        integer[]   NOT NULL, -- of journal_texts: what was said in it …
    counts       integer[]   NOT NULL  -- … and how often
);
CREATE INDEX journal_segments_until ON journal_segments (until, id);

-- The conditions of a station's points, and its alarms that were not over, after
-- all of the journal up to the end of a segment. A segment that says nothing of a
-- station has no frame of it: the one before holds.
CREATE TABLE replay_frames (
    station    text   NOT NULL,
    segment    bigint NOT NULL REFERENCES journal_segments (id) ON DELETE CASCADE,
    conditions bytea  NOT NULL, -- JSON, compressed
    open       text[] NOT NULL,
    PRIMARY KEY (station, segment)
);
CREATE INDEX replay_frames_segment ON replay_frames (segment);

-- How much came in each minute, and how many alarms were raised.
CREATE TABLE journal_minutes (
    station text        NOT NULL,
    minute  timestamptz NOT NULL,
    signals integer     NOT NULL,
    alarms  integer     NOT NULL,
    worst   integer     NOT NULL, -- priority of the worst alarm raised; 0: none
    PRIMARY KEY (station, minute)
);

-- What is said, each thing once: signals repeat, their numbers aside.
CREATE TABLE journal_texts (
    id      integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key     bytea    NOT NULL UNIQUE CHECK (octet_length(key) = 16),
    station text     NOT NULL,
    point   text     NOT NULL,
    kind    text     NOT NULL,
    words   tsvector NOT NULL
);
CREATE INDEX journal_texts_words ON journal_texts USING gin (words);
CREATE INDEX journal_texts_point ON journal_texts (point);

-- The words of a point's names and places as journal_texts last took them over.
CREATE TABLE journal_labels (
    point   text PRIMARY KEY,
    station text   NOT NULL,
    words   text[] NOT NULL
);

-- Where cards were shown.
CREATE TABLE journal_cards (
    card     bytea       NOT NULL,
    received timestamptz NOT NULL,
    signal   bigint      NOT NULL,
    PRIMARY KEY (card, received, signal)
);
CREATE INDEX journal_cards_signal ON journal_cards USING brin (signal);

-- The words of the record, but for what intake enters of itself.
CREATE TABLE audit_words (
    change  bigint      NOT NULL,
    index   integer     NOT NULL,
    station text        NOT NULL,
    at      timestamptz NOT NULL,
    words   tsvector    NOT NULL,
    PRIMARY KEY (change, index)
);
CREATE INDEX audit_words_words ON audit_words USING gin (words);
CREATE INDEX audit_words_at ON audit_words (at);

-- One row: how far the follower has come. It is locked while it works.
CREATE TABLE journal_follower (
    one     boolean PRIMARY KEY DEFAULT true CHECK (one),
    segment bigint      NOT NULL DEFAULT 0,
    signal  bigint      NOT NULL DEFAULT 0,
    line    bigint      NOT NULL DEFAULT 0,
    change  bigint      NOT NULL DEFAULT 0,
    until   timestamptz NOT NULL DEFAULT '-infinity'
);
INSERT INTO journal_follower DEFAULT VALUES;

-- What somebody did: the console's own entries, one for each group of signals, are
-- not in it and cost nothing.
CREATE INDEX audit_entries_person ON audit_entries (actor, at) WHERE actor <> 'system';
