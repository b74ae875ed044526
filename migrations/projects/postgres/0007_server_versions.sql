-- Who changes a server can say which version of it they saw.
ALTER TABLE servers ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
