-- +goose Up

CREATE TABLE users (
    id                   text PRIMARY KEY,
    username             text        NOT NULL UNIQUE, -- lower case
    name                 text        NOT NULL,
    roles                jsonb       NOT NULL,        -- [{role, station}], station "*" for all
    password_hash        text        NOT NULL,        -- argon2id, PHC string
    must_change_password boolean     NOT NULL,
    disabled             boolean     NOT NULL DEFAULT false,
    created_at           timestamptz NOT NULL,
    last_sign_in         timestamptz,
    version              bigint      NOT NULL DEFAULT 1
);

-- key is the SHA-256 of the cookie's secret, which is kept nowhere.
CREATE TABLE sessions (
    key        bytea PRIMARY KEY CHECK (octet_length(key) = 32),
    id         text        NOT NULL UNIQUE,
    user_id    text        NOT NULL REFERENCES users (id),
    address    text        NOT NULL,
    created_at timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_expires ON sessions (expires_at);

CREATE TABLE tokens (
    id         text PRIMARY KEY,
    key        bytea       NOT NULL UNIQUE CHECK (octet_length(key) = 32),
    name       text        NOT NULL,
    roles      jsonb       NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text        NOT NULL,
    expires_at timestamptz,
    last_used  timestamptz
);
