-- When a run was last extended, in microseconds, so that the runs of gateways
-- that are long gone can be forgotten.
ALTER TABLE ingest_progress ADD COLUMN updated_at BIGINT NOT NULL DEFAULT 0;
