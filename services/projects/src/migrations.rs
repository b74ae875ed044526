use database::Migrations;

/// What makes the service's tables.
pub static MIGRATIONS: Migrations = Migrations {
    sqlite: sqlx::migrate!("../../migrations/projects/sqlite"),
    postgres: sqlx::migrate!("../../migrations/projects/postgres"),
};
