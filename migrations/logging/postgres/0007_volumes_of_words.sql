-- The index of words is made behind the ingest, by the service: the words of a
-- body no longer lie beside it.
DROP INDEX tool_call_bodies_by_word;
ALTER TABLE tool_call_bodies DROP COLUMN words;

-- Calls that ended and are in no volume yet. Nothing in it is unique, so that
-- nobody who writes waits for the one who takes out.
CREATE TABLE unindexed_calls (
    project_id   UUID   NOT NULL,
    started_at   BIGINT NOT NULL,
    tool_call_id UUID   NOT NULL
);

INSERT INTO unindexed_calls (project_id, started_at, tool_call_id)
SELECT project_id, started_at, id FROM tool_calls JOIN tool_call_bodies ON tool_call_id = id
WHERE status <> 'running';

CREATE INDEX unindexed_calls_by_time ON unindexed_calls (project_id, started_at, tool_call_id);

CREATE SEQUENCE word_volumes AS BIGINT;

-- The calls of a volume, by project: each volume numbers its calls, ordered by
-- project, time and id.
CREATE TABLE word_sections (
    project_id       UUID   NOT NULL,
    volume           BIGINT NOT NULL,
    -- The smallest one, by which is known whether one of them is old.
    first_id         UUID   NOT NULL,
    first_started_at BIGINT NOT NULL,
    last_started_at  BIGINT NOT NULL,
    -- The number of the first call in the volume.
    first_number     BIGINT NOT NULL,
    -- 16 bytes each.
    ids              BYTEA  NOT NULL,
    PRIMARY KEY (project_id, volume)
);

CREATE INDEX word_sections_by_volume ON word_sections (volume);

-- The words of a volume, in their order, and the numbers of the calls that have
-- them.
CREATE TABLE word_pages (
    volume     BIGINT NOT NULL,
    first_word BYTEA  NOT NULL,
    -- Deflated by the service.
    page       BYTEA  NOT NULL,
    PRIMARY KEY (volume, first_word)
);

-- Nothing in them gets shorter; of ids, parts are read.
ALTER TABLE word_sections ALTER COLUMN ids SET STORAGE EXTERNAL;
ALTER TABLE word_pages ALTER COLUMN page SET STORAGE EXTERNAL;
