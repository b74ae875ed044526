CREATE TABLE things (
    id UUID NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    made_at_us BIGINT NOT NULL,
    is_fine BOOLEAN NOT NULL,
    note TEXT
);
