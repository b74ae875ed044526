-- Requests that are to be done once, though they may be sent again. Gone after a
-- day.
CREATE TABLE idempotent_requests (
    -- A user or an API key; the row lives too short to refer to either.
    caller_id UUID NOT NULL,
    key TEXT NOT NULL,
    -- SHA-256 of what was asked.
    fingerprint BYTEA NOT NULL,
    created_at_us BIGINT NOT NULL,
    -- HTTP status of the answer. Null: it is under way.
    status BIGINT,
    -- The answer, sealed with the key of that id. Null: it was not kept.
    answer BYTEA,
    wrapping_key_id TEXT,
    PRIMARY KEY (caller_id, key)
);

CREATE INDEX idempotent_requests_by_created_at ON idempotent_requests (created_at_us);
