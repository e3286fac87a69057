-- +goose Up

-- Cardholders, as the last import of each station left them. A card number is kept
-- as a keyed hash only.
CREATE TABLE cardholders (
    id         text PRIMARY KEY,                      -- UUIDv7
    station    text    NOT NULL,
    ref        text    NOT NULL,                      -- the number of the person in the list
    name       text    NOT NULL,
    pass_class text    NOT NULL,
    expires    date,
    status     text    NOT NULL CHECK (status IN ('active', 'lost', 'stolen', 'blocked')),
    card_hash  text,
    photo      text,                                  -- key of cardholder_photos
    search     text    NOT NULL,                      -- name and ref in small letters
    UNIQUE (station, ref)
);
CREATE UNIQUE INDEX cardholders_card ON cardholders (station, card_hash);
CREATE INDEX cardholders_name ON cardholders (station, search text_pattern_ops);

-- Faces, re-encoded; the key is the hash of the file that they were made from.
CREATE TABLE cardholder_photos (
    station text  NOT NULL,
    key     text  NOT NULL,
    jpeg    bytea NOT NULL,
    PRIMARY KEY (station, key)
);

CREATE TABLE cardholder_imports (
    id      text PRIMARY KEY,
    station text        NOT NULL,
    at      timestamptz NOT NULL,
    by_id   text        NOT NULL,
    by_name text        NOT NULL,
    file    text        NOT NULL,
    counts  jsonb       NOT NULL
);
CREATE INDEX cardholder_imports_station ON cardholder_imports (station, id);
