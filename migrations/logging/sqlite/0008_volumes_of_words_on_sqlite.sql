-- The index of words is made behind the ingest, by the service, and is the same
-- on both engines. Nothing calls a body by its number any more.
DROP TABLE tool_call_words_places;
DROP TABLE tool_call_words;

-- Calls that ended and are in no volume yet.
CREATE TABLE unindexed_calls (
    project_id   BLOB   NOT NULL,
    started_at   BIGINT NOT NULL,
    tool_call_id BLOB   NOT NULL,
    PRIMARY KEY (project_id, started_at, tool_call_id)
) WITHOUT ROWID;

INSERT INTO unindexed_calls (project_id, started_at, tool_call_id)
SELECT project_id, started_at, id FROM tool_calls JOIN tool_call_bodies ON tool_call_id = id
WHERE status <> 'running'
ORDER BY project_id, started_at, id;

-- The calls of a volume, by project: each volume numbers its calls, ordered by
-- project, time and id.
CREATE TABLE word_sections (
    project_id       BLOB   NOT NULL,
    volume           BIGINT NOT NULL,
    -- The smallest one, by which is known whether one of them is old.
    first_id         BLOB   NOT NULL,
    first_started_at BIGINT NOT NULL,
    last_started_at  BIGINT NOT NULL,
    -- The number of the first call in the volume.
    first_number     BIGINT NOT NULL,
    -- 16 bytes each.
    ids              BLOB   NOT NULL,
    PRIMARY KEY (project_id, volume)
);

CREATE INDEX word_sections_by_volume ON word_sections (volume);

-- The words of a volume, in their order, and the numbers of the calls that have
-- them.
CREATE TABLE word_pages (
    volume     BIGINT NOT NULL,
    first_word BLOB   NOT NULL,
    -- Deflated by the service.
    page       BLOB   NOT NULL,
    PRIMARY KEY (volume, first_word)
);
