-- Runs once, on an empty data folder. The image makes `projects` itself; each
-- service that keeps something has a database of its own.
CREATE DATABASE logging;
