//! SQLite or PostgreSQL behind one text of SQL.
