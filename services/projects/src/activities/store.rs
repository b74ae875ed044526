use database::{
    Database, DatabaseError, Transaction, keyset::Place as PageStart, on_database, on_transaction,
};
use domain::{ActivityId, ApiKeyId, ProjectId, TeamId, Timestamp, UserId};
use uuid::Uuid;

use super::{Activity, Actor, Deed, Origin, Wanted};
use crate::places::Place;

/// Others who write one wait here until this transaction ends.
const COUNT_UP: &str =
    "UPDATE deployment SET last_activity = last_activity + 1 WHERE id = 1 RETURNING last_activity";

const INSERT: &str = "INSERT INTO activities (id, position, at_us, type, project_id, team_id, actor_user_id,
        actor_api_key_id, actor_name, client_address, user_agent, target_id, target_name, changes)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";

/// `$1` to `$6` are the filter: a list of types as ` type type `, empty for all.
macro_rules! list {
    ($of:literal, $page:literal) => {
        concat!(
            "SELECT id, position, at_us, type, project_id, team_id, actor_user_id, actor_api_key_id, ",
            "actor_name, client_address, user_agent, target_id, target_name, changes FROM activities WHERE ",
            $of,
            " AND ($2 = '' OR replace($2, ' ' || type || ' ', '') <> $2) AND ($3 IS NULL OR actor_user_id = $3)",
            " AND ($4 IS NULL OR at_us >= $4) AND ($5 IS NULL OR at_us < $5) ",
            $page
        )
    };
}

macro_rules! pages {
    ($of:literal) => {
        [
            list!($of, "ORDER BY position DESC LIMIT $6"),
            list!($of, "AND position < $7 ORDER BY position DESC LIMIT $6"),
            list!($of, "AND position > $7 ORDER BY position LIMIT $6"),
        ]
    };
}

const OF_PROJECT: [&str; 3] = pages!("project_id = $1");
const OF_TEAM: [&str; 3] = pages!("team_id = $1");
const OF_ALL: [&str; 3] = pages!("$1 IS NULL");

#[derive(sqlx::FromRow)]
struct ActivityRow {
    id: Uuid,
    position: i64,
    at_us: i64,
    r#type: String,
    project_id: Option<Uuid>,
    team_id: Option<Uuid>,
    actor_user_id: Option<Uuid>,
    actor_api_key_id: Option<Uuid>,
    actor_name: String,
    client_address: Option<String>,
    user_agent: String,
    target_id: Option<Uuid>,
    target_name: String,
    changes: String,
}

pub(super) async fn count_up(transaction: &mut Transaction) -> Result<i64, DatabaseError> {
    Ok(on_transaction!(transaction, |connection| sqlx::query_scalar(
        COUNT_UP
    )
    .fetch_one(connection)
    .await)?)
}

pub(super) async fn insert(transaction: &mut Transaction, activity: &Activity) -> Result<(), DatabaseError> {
    let (deed, by) = (&activity.deed, &activity.by);
    let changes = serde_json::to_string(&deed.changes).expect("changes are JSON");
    on_transaction!(transaction, |connection| sqlx::query(INSERT)
        .bind(activity.id.uuid())
        .bind(activity.position)
        .bind(activity.at.as_micros())
        .bind(deed.kind.as_str())
        .bind(deed.project.map(ProjectId::uuid))
        .bind(deed.team.map(TeamId::uuid))
        .bind(by.user_id.map(UserId::uuid))
        .bind(by.api_key_id.map(ApiKeyId::uuid))
        .bind(&by.name)
        .bind(by.origin.address.map(|address| address.to_string()))
        .bind(&by.origin.user_agent)
        .bind(deed.target_id)
        .bind(&deed.target_name)
        .bind(changes)
        .execute(connection)
        .await
        .map(drop))?;
    Ok(())
}

pub(super) async fn list(
    database: &Database,
    place: Option<Place>,
    wanted: &Wanted,
    start: PageStart,
    limit: u32,
) -> Result<Vec<Activity>, DatabaseError> {
    let statements = match place {
        Some(Place::Project(_)) => OF_PROJECT,
        Some(Place::Team(_)) => OF_TEAM,
        None => OF_ALL,
    };
    let (statement, key) = match start {
        PageStart::Newest => (statements[0], None),
        PageStart::OlderThan(key) => (statements[1], Some(key)),
        PageStart::NewerThan(key) => (statements[2], Some(key)),
    };
    let mut types = String::new();
    for kind in &wanted.types {
        types = format!("{types} {kind} ");
    }
    let rows: Vec<ActivityRow> = on_database!(database, |pool| {
        let query = sqlx::query_as(statement)
            .bind(place.map(Place::uuid))
            .bind(&types)
            .bind(wanted.actor.map(UserId::uuid))
            .bind(wanted.from.map(Timestamp::as_micros))
            .bind(wanted.to.map(Timestamp::as_micros))
            .bind(i64::from(limit));
        match key {
            None => query,
            Some(key) => query.bind(key.at),
        }
        .fetch_all(pool)
        .await
    })?;
    Ok(rows.into_iter().filter_map(ActivityRow::read).collect())
}

impl ActivityRow {
    /// What a newer release wrote is left out.
    fn read(self) -> Option<Activity> {
        let kind = self.r#type.parse();
        if let Err(error) = &kind {
            tracing::warn!(activity_id = %self.id, %error, "the type of an activity is unknown, leaving it out");
        }
        Some(Activity {
            id: ActivityId::from_uuid(self.id),
            position: self.position,
            at: Timestamp::from_micros(self.at_us),
            by: Actor {
                user_id: self.actor_user_id.map(UserId::from_uuid),
                api_key_id: self.actor_api_key_id.map(ApiKeyId::from_uuid),
                name: self.actor_name,
                origin: Origin {
                    address: self.client_address.and_then(|address| address.parse().ok()),
                    user_agent: self.user_agent,
                },
            },
            deed: Deed {
                kind: kind.ok()?,
                project: self.project_id.map(ProjectId::from_uuid),
                team: self.team_id.map(TeamId::from_uuid),
                target_id: self.target_id,
                target_name: self.target_name,
                changes: serde_json::from_str(&self.changes).unwrap_or_default(),
            },
        })
    }
}
