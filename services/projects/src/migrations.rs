use database::Migrations;

/// What makes the service's tables.
pub static MIGRATIONS: Migrations = Migrations {
    sqlite: sqlx::migrate!("../../migrations/projects/sqlite"),
    postgres: sqlx::migrate!("../../migrations/projects/postgres"),
};

#[cfg(test)]
mod tests {
    use database::testing::assert_parity;

    use super::*;

    #[tokio::test]
    async fn both_engines_have_the_same_tables() {
        assert_parity(&MIGRATIONS, &[]).await;
    }
}
