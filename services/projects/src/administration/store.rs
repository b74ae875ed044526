use database::{Database, DatabaseError, keyset::Place, on_database};
use domain::{ProjectId, TeamId, Timestamp};
use uuid::Uuid;

use super::{AnyApiKey, AnyProject, AnyTeam, Counts};
use crate::{
    api_keys::store::KeyRow,
    users::{User, store::UserRow},
};

macro_rules! pages {
    ($before:literal, $a:literal, $b:literal) => {
        [
            concat!($before, " ORDER BY created_at_us DESC, id DESC LIMIT $1"),
            concat!(
                $before,
                " AND (created_at_us, id) < (",
                $a,
                ", ",
                $b,
                ") ORDER BY created_at_us DESC, id DESC LIMIT $1"
            ),
            concat!(
                $before,
                " AND (created_at_us, id) > (",
                $a,
                ", ",
                $b,
                ") ORDER BY created_at_us, id LIMIT $1"
            ),
        ]
    };
}

/// `$2` is a part of the name or of the address, in lower case.
const USERS: [&str; 3] = pages!(
    "SELECT * FROM users WHERE ($2 = '' OR replace(email, $2, '') <> email OR replace(lower(name), $2, '') <> lower(name))",
    "$3",
    "$4"
);

const TEAMS: [&str; 3] = pages!(
    "SELECT id, slug, name, created_at_us, deleted_at_us,
            (SELECT count(*) FROM team_members m WHERE m.team_id = t.id) AS members,
            (SELECT count(*) FROM project_teams g WHERE g.team_id = t.id) AS projects
       FROM teams t WHERE TRUE",
    "$2",
    "$3"
);

const PROJECTS: [&str; 3] = pages!(
    "SELECT id, slug, name, created_at_us, deleted_at_us,
            (SELECT count(*) FROM project_roles r WHERE r.project_id = p.id) AS members,
            (SELECT count(*) FROM servers s WHERE s.project_id = p.id) AS servers,
            (SELECT count(*) FROM api_keys k WHERE k.project_id = p.id AND k.revoked_at_us IS NULL
                AND (k.expires_at_us IS NULL OR k.expires_at_us > $2)) AS live_api_keys
       FROM projects p WHERE TRUE",
    "$3",
    "$4"
);

const API_KEYS: [&str; 3] = pages!(
    "SELECT k.id, k.project_id, k.name, k.lookup_id, k.created_by_user_id, k.created_at_us, k.expires_at_us,
            k.revoked_at_us, k.scopes, k.ip_ranges, k.rate_limit_per_minute, k.tools, k.last_used_at_us,
            k.last_used_ip,
            (SELECT slug FROM projects p WHERE p.id = k.project_id) AS project_slug,
            (SELECT email FROM users u WHERE u.id = k.created_by_user_id) AS created_by_email
       FROM api_keys k WHERE TRUE",
    "$2",
    "$3"
);

const COUNTS: &str = "SELECT
    (SELECT count(*) FROM users) AS users,
    (SELECT count(*) FROM users WHERE is_active) AS active_users,
    (SELECT count(*) FROM teams WHERE deleted_at_us IS NULL) AS teams,
    (SELECT count(*) FROM projects WHERE deleted_at_us IS NULL) AS projects,
    (SELECT count(*) FROM servers) AS servers,
    (SELECT count(*) FROM api_keys WHERE revoked_at_us IS NULL
        AND (expires_at_us IS NULL OR expires_at_us > $1)) AS live_api_keys,
    (SELECT count(*) FROM activities) AS activities";

#[derive(sqlx::FromRow)]
struct TeamRow {
    id: Uuid,
    slug: String,
    name: String,
    created_at_us: i64,
    deleted_at_us: Option<i64>,
    members: i64,
    projects: i64,
}

#[derive(sqlx::FromRow)]
struct ProjectRow {
    id: Uuid,
    slug: String,
    name: String,
    created_at_us: i64,
    deleted_at_us: Option<i64>,
    members: i64,
    servers: i64,
    live_api_keys: i64,
}

#[derive(sqlx::FromRow)]
struct AnyKeyRow {
    #[sqlx(flatten)]
    key: KeyRow,
    project_slug: Option<String>,
    created_by_email: Option<String>,
}

#[derive(sqlx::FromRow)]
struct CountsRow {
    users: i64,
    active_users: i64,
    teams: i64,
    projects: i64,
    servers: i64,
    live_api_keys: i64,
    activities: i64,
}

pub(super) async fn users(
    database: &Database,
    text: &str,
    place: Place,
    limit: u32,
) -> Result<Vec<User>, DatabaseError> {
    let (statement, key) = place.statement(USERS);
    let rows: Vec<UserRow> = on_database!(database, |pool| {
        let query = sqlx::query_as(statement).bind(i64::from(limit)).bind(text);
        match key {
            None => query,
            Some(key) => query.bind(key.at).bind(key.id),
        }
        .fetch_all(pool)
        .await
    })?;
    Ok(rows.into_iter().map(User::from).collect())
}

pub(super) async fn teams(
    database: &Database,
    place: Place,
    limit: u32,
) -> Result<Vec<AnyTeam>, DatabaseError> {
    let (statement, key) = place.statement(TEAMS);
    let rows: Vec<TeamRow> = on_database!(database, |pool| {
        let query = sqlx::query_as(statement).bind(i64::from(limit));
        match key {
            None => query,
            Some(key) => query.bind(key.at).bind(key.id),
        }
        .fetch_all(pool)
        .await
    })?;
    Ok(rows.into_iter().map(AnyTeam::from).collect())
}

pub(super) async fn projects(
    database: &Database,
    now: Timestamp,
    place: Place,
    limit: u32,
) -> Result<Vec<AnyProject>, DatabaseError> {
    let (statement, key) = place.statement(PROJECTS);
    let rows: Vec<ProjectRow> = on_database!(database, |pool| {
        let query = sqlx::query_as(statement)
            .bind(i64::from(limit))
            .bind(now.as_micros());
        match key {
            None => query,
            Some(key) => query.bind(key.at).bind(key.id),
        }
        .fetch_all(pool)
        .await
    })?;
    Ok(rows.into_iter().map(AnyProject::from).collect())
}

pub(super) async fn api_keys(
    database: &Database,
    place: Place,
    limit: u32,
) -> Result<Vec<AnyApiKey>, DatabaseError> {
    let (statement, key) = place.statement(API_KEYS);
    let rows: Vec<AnyKeyRow> = on_database!(database, |pool| {
        let query = sqlx::query_as(statement).bind(i64::from(limit));
        match key {
            None => query,
            Some(key) => query.bind(key.at).bind(key.id),
        }
        .fetch_all(pool)
        .await
    })?;
    rows.into_iter().map(AnyKeyRow::read).collect()
}

pub(super) async fn counts(database: &Database, now: Timestamp) -> Result<Counts, DatabaseError> {
    let row: CountsRow = on_database!(database, |pool| sqlx::query_as(COUNTS)
        .bind(now.as_micros())
        .fetch_one(pool)
        .await)?;
    Ok(Counts {
        users: row.users.unsigned_abs(),
        active_users: row.active_users.unsigned_abs(),
        teams: row.teams.unsigned_abs(),
        projects: row.projects.unsigned_abs(),
        servers: row.servers.unsigned_abs(),
        live_api_keys: row.live_api_keys.unsigned_abs(),
        activities: row.activities.unsigned_abs(),
    })
}

impl AnyKeyRow {
    fn read(self) -> Result<AnyApiKey, DatabaseError> {
        Ok(AnyApiKey {
            key: self.key.read()?,
            project_slug: self.project_slug.unwrap_or_default(),
            created_by_email: self.created_by_email.unwrap_or_default(),
        })
    }
}

impl From<TeamRow> for AnyTeam {
    fn from(row: TeamRow) -> Self {
        Self {
            id: TeamId::from_uuid(row.id),
            slug: row.slug,
            name: row.name,
            created_at: Timestamp::from_micros(row.created_at_us),
            deleted_at: row.deleted_at_us.map(Timestamp::from_micros),
            members: row.members.unsigned_abs(),
            projects: row.projects.unsigned_abs(),
        }
    }
}

impl From<ProjectRow> for AnyProject {
    fn from(row: ProjectRow) -> Self {
        Self {
            id: ProjectId::from_uuid(row.id),
            slug: row.slug,
            name: row.name,
            created_at: Timestamp::from_micros(row.created_at_us),
            deleted_at: row.deleted_at_us.map(Timestamp::from_micros),
            members: row.members.unsigned_abs(),
            servers: row.servers.unsigned_abs(),
            live_api_keys: row.live_api_keys.unsigned_abs(),
        }
    }
}
