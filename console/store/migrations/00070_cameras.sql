-- +goose Up

-- What people set of cameras; a camera itself is what its gateway says of it.
CREATE TABLE camera_settings (
    camera  text   PRIMARY KEY, -- "<gateway>.<device>"
    station text   NOT NULL,
    doc     jsonb  NOT NULL,
    version bigint NOT NULL
);

-- Who watches, from when on, and when that was last known: what an unclean end
-- leaves open is closed at seen_at. Ended views are in the audit record and leave
-- this table.
CREATE TABLE camera_views (
    id       text        PRIMARY KEY,
    station  text        NOT NULL,
    camera   text        NOT NULL,
    stream   text        NOT NULL,
    kind     text        NOT NULL CHECK (kind = ANY (ARRAY['live', 'recorded', 'still'])),
    by_doc   jsonb       NOT NULL,
    from_at  timestamptz NOT NULL,
    seen_at  timestamptz NOT NULL,
    recorded text        NOT NULL DEFAULT ''
);

-- Marked times. locked says how the gateway's lock stands: '' none, asked, held,
-- failed, releasing (the mark is gone, its lock not yet).
CREATE TABLE camera_bookmarks (
    id       text        PRIMARY KEY, -- UUIDv7: sorts by time
    station  text        NOT NULL,
    camera   text        NOT NULL,
    from_at  timestamptz NOT NULL,
    to_at    timestamptz NOT NULL,
    note     text        NOT NULL,
    alarm    text        NOT NULL DEFAULT '',
    incident text        NOT NULL DEFAULT '',
    lock     boolean     NOT NULL,
    locked   text        NOT NULL DEFAULT '' CHECK (locked IN ('', 'asked', 'held', 'failed', 'releasing')),
    by_id    text        NOT NULL,
    by_name  text        NOT NULL,
    at       timestamptz NOT NULL
);
CREATE INDEX camera_bookmarks_camera ON camera_bookmarks (camera, from_at);
CREATE INDEX camera_bookmarks_open ON camera_bookmarks (id) WHERE locked IN ('asked', 'releasing');

-- Clips that were asked for; pruned to "removed" after their time, kept as a record.
CREATE TABLE camera_exports (
    id      text        PRIMARY KEY, -- UUIDv7: sorts by time
    station text        NOT NULL,
    camera  text        NOT NULL,
    state   text        NOT NULL CHECK (state = ANY (ARRAY['preparing', 'ready', 'failed', 'removed'])),
    until   timestamptz NOT NULL,
    doc     jsonb       NOT NULL
);
CREATE INDEX camera_exports_camera ON camera_exports (camera, id);
CREATE INDEX camera_exports_due ON camera_exports (until) WHERE state = 'ready';
CREATE INDEX camera_exports_preparing ON camera_exports (id) WHERE state = 'preparing';

-- Walls that people saved.
CREATE TABLE video_walls (
    id      text    PRIMARY KEY,
    station text    NOT NULL,
    owner   text    NOT NULL,
    by_name text    NOT NULL,
    name    text    NOT NULL,
    shared  boolean NOT NULL,
    tiles   integer NOT NULL,
    cameras jsonb   NOT NULL,
    version bigint  NOT NULL
);
CREATE INDEX video_walls_station ON video_walls (station, name);
CREATE INDEX video_walls_owner ON video_walls (owner);
