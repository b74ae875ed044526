CREATE TABLE things (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    made_at_us INTEGER NOT NULL,
    is_fine INTEGER NOT NULL,
    note TEXT
) STRICT;
