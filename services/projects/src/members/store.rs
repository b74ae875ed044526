use std::collections::BTreeMap;

use database::{Database, DatabaseError, Transaction, on_database, on_transaction};
use domain::{InvitedAs, ProjectId, Role, TeamId, Timestamp, UserId};
use uuid::Uuid;

use super::Member;
use crate::places::Place;

/// The same statement on the table of each kind of place.
macro_rules! by_place {
    ($before:literal, $after:literal) => {
        [
            concat!($before, "team_members", $after, "team_id"),
            concat!($before, "project_members", $after, "project_id"),
        ]
    };
}

const INSERT: [&str; 2] = [
    "INSERT INTO team_members (team_id, user_id, role, created_at_us) VALUES ($1, $2, $3, $4)",
    "INSERT INTO project_members (project_id, user_id, role, created_at_us) VALUES ($1, $2, $3, $4)",
];

const SET_ROLE: [&str; 2] = by_place!("UPDATE ", " SET role = $3 WHERE user_id = $2 AND $1 = ");
const DELETE: [&str; 2] = by_place!("DELETE FROM ", " WHERE user_id = $2 AND $1 = ");
const OWN_ROLE: [&str; 2] = by_place!(
    "SELECT role, u.name FROM ",
    " JOIN users u ON u.id = user_id WHERE user_id = $2 AND $1 = "
);
const COUNT: [&str; 2] = by_place!("SELECT count(*) FROM ", " WHERE $1 = ");

/// Of those who can sign in.
const COUNT_OWNERS: [&str; 2] = by_place!(
    "SELECT count(*) FROM ",
    " JOIN users u ON u.id = user_id AND u.is_active WHERE role = 'owner' AND $1 = "
);

const ROLE: &str = "SELECT role FROM project_roles WHERE project_id = $1 AND user_id = $2";

const PROJECTS_OF_TEAM: &str = "SELECT project_id FROM project_teams WHERE team_id = $1 ORDER BY project_id";

const OF_TEAM: &str = "
    SELECT u.id, u.email, u.name, u.is_active, m.role, m.created_at_us, FALSE AS is_by_team
      FROM team_members m JOIN users u ON u.id = m.user_id
     WHERE m.team_id = $1 ORDER BY u.name, u.id";

/// A row for each way by which somebody is in the project.
const OF_PROJECT: &str = "
    SELECT u.id, u.email, u.name, u.is_active, m.role, m.created_at_us, FALSE AS is_by_team
      FROM project_members m JOIN users u ON u.id = m.user_id
     WHERE m.project_id = $1
    UNION ALL
    SELECT u.id, u.email, u.name, u.is_active,
           CASE p.rank WHEN 3 THEN 'owner' WHEN 2 THEN 'developer' WHEN 1 THEN 'reporter' ELSE 'none' END,
           m.created_at_us, TRUE
      FROM project_paths p
      JOIN team_members m ON m.team_id = p.team_id AND m.user_id = p.user_id
      JOIN users u ON u.id = p.user_id
     WHERE p.project_id = $1";

const HAS_TEAMS: &str = "SELECT count(*) FROM project_teams g
    JOIN teams t ON t.id = g.team_id AND t.deleted_at_us IS NULL WHERE g.project_id = $1";

#[derive(sqlx::FromRow)]
struct WayRow {
    id: Uuid,
    email: String,
    name: String,
    is_active: bool,
    role: String,
    created_at_us: i64,
    is_by_team: bool,
}

pub(crate) async fn insert(
    transaction: &mut Transaction,
    place: Place,
    user_id: UserId,
    role: Role,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    on_transaction!(transaction, |connection| sqlx::query(of(&INSERT, place))
        .bind(place.uuid())
        .bind(user_id.uuid())
        .bind(role.as_str())
        .bind(now.as_micros())
        .execute(connection)
        .await
        .map(drop))?;
    Ok(())
}

pub(super) async fn set_role(
    transaction: &mut Transaction,
    place: Place,
    user_id: UserId,
    role: Role,
) -> Result<(), DatabaseError> {
    on_transaction!(transaction, |connection| sqlx::query(of(&SET_ROLE, place))
        .bind(place.uuid())
        .bind(user_id.uuid())
        .bind(role.as_str())
        .execute(connection)
        .await
        .map(drop))?;
    Ok(())
}

pub(super) async fn delete(
    transaction: &mut Transaction,
    place: Place,
    user_id: UserId,
) -> Result<(), DatabaseError> {
    on_transaction!(transaction, |connection| sqlx::query(of(&DELETE, place))
        .bind(place.uuid())
        .bind(user_id.uuid())
        .execute(connection)
        .await
        .map(drop))?;
    Ok(())
}

/// What somebody is in a place by themselves, and their name.
pub(super) async fn own_role(
    transaction: &mut Transaction,
    place: Place,
    user_id: UserId,
) -> Result<Option<(Role, String)>, DatabaseError> {
    let row: Option<(String, String)> =
        on_transaction!(transaction, |connection| sqlx::query_as(of(&OWN_ROLE, place))
            .bind(place.uuid())
            .bind(user_id.uuid())
            .fetch_optional(connection)
            .await)?;
    Ok(row.and_then(|(word, name)| Some((read_role(&word)?, name))))
}

/// Members by themselves.
pub(crate) async fn count(transaction: &mut Transaction, place: Place) -> Result<usize, DatabaseError> {
    count_by(transaction, of(&COUNT, place), place).await
}

pub(super) async fn count_owners(
    transaction: &mut Transaction,
    place: Place,
) -> Result<usize, DatabaseError> {
    count_by(transaction, of(&COUNT_OWNERS, place), place).await
}

async fn count_by(
    transaction: &mut Transaction,
    statement: &'static str,
    place: Place,
) -> Result<usize, DatabaseError> {
    let count: i64 = on_transaction!(transaction, |connection| sqlx::query_scalar(statement)
        .bind(place.uuid())
        .fetch_one(connection)
        .await)?;
    Ok(usize::try_from(count).unwrap_or(0))
}

/// What somebody is in a project, by whatever way; absent when they are not in
/// it.
pub(crate) async fn role(
    database: &Database,
    project_id: ProjectId,
    user_id: UserId,
) -> Result<Option<Role>, DatabaseError> {
    let word: Option<String> = on_database!(database, |pool| sqlx::query_scalar(ROLE)
        .bind(project_id.uuid())
        .bind(user_id.uuid())
        .fetch_optional(pool)
        .await)?;
    Ok(word.as_deref().and_then(read_role))
}

pub(super) async fn projects_of_team(
    transaction: &mut Transaction,
    team: TeamId,
) -> Result<Vec<ProjectId>, DatabaseError> {
    let ids: Vec<Uuid> = on_transaction!(transaction, |connection| sqlx::query_scalar(PROJECTS_OF_TEAM)
        .bind(team.uuid())
        .fetch_all(connection)
        .await)?;
    Ok(ids.into_iter().map(ProjectId::from_uuid).collect())
}

pub(super) async fn of_team(database: &Database, team: TeamId) -> Result<Vec<Member>, DatabaseError> {
    let rows: Vec<WayRow> = on_database!(database, |pool| sqlx::query_as(OF_TEAM)
        .bind(team.uuid())
        .fetch_all(pool)
        .await)?;
    let mut members = fold(rows, false);
    for member in &mut members {
        member.invited_as = None;
    }
    Ok(members)
}

pub(super) async fn of_project(
    database: &Database,
    project: ProjectId,
) -> Result<Vec<Member>, DatabaseError> {
    let teams: i64 = on_database!(database, |pool| sqlx::query_scalar(HAS_TEAMS)
        .bind(project.uuid())
        .fetch_one(pool)
        .await)?;
    let rows: Vec<WayRow> = on_database!(database, |pool| sqlx::query_as(OF_PROJECT)
        .bind(project.uuid())
        .fetch_all(pool)
        .await)?;
    Ok(fold(rows, teams > 0))
}

/// One member of all their ways, by name.
fn fold(rows: Vec<WayRow>, has_teams: bool) -> Vec<Member> {
    let mut members: BTreeMap<Uuid, (Member, bool)> = BTreeMap::new();
    for row in rows {
        let Some(role) = read_role(&row.role) else {
            continue;
        };
        let created_at = Timestamp::from_micros(row.created_at_us);
        let (member, is_in_team) = members.entry(row.id).or_insert_with(|| {
            let member = Member {
                user_id: UserId::from_uuid(row.id),
                email: row.email,
                name: row.name,
                is_active: row.is_active,
                role,
                own_role: None,
                invited_as: None,
                created_at,
            };
            (member, false)
        });
        member.role = member.role.max(role);
        member.created_at = member.created_at.min(created_at);
        if row.is_by_team {
            *is_in_team = true;
        } else {
            member.own_role = Some(role);
        }
    }
    let mut members: Vec<_> = members
        .into_values()
        .map(|(mut member, is_in_team)| {
            member.invited_as = Some(match member.own_role {
                Some(_) if has_teams && !is_in_team => InvitedAs::External,
                Some(own) if own == member.role || !is_in_team => InvitedAs::Individual,
                _ => InvitedAs::TeamMember,
            });
            member
        })
        .collect();
    members.sort_by(|one, other| (&one.name, one.user_id).cmp(&(&other.name, other.user_id)));
    members
}

/// A role of a newer release gives no access here: nobody knows how much.
pub(crate) fn read_role(word: &str) -> Option<Role> {
    let role = word.parse();
    if let Err(error) = &role {
        tracing::warn!(%error, "a stored role is unknown, treating it as none");
    }
    role.ok()
}

const fn of(statements: &[&'static str; 2], place: Place) -> &'static str {
    match place {
        Place::Team(_) => statements[0],
        Place::Project(_) => statements[1],
    }
}
