use access::TokenHash;
use database::{Database, DatabaseError, Transaction, on_database, on_transaction};
use domain::{InvitationId, ProjectId, Role, TeamId, Timestamp, UserId};
use uuid::Uuid;

use super::Invitation;
use crate::{members::store::read_role, places::Place};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT i.id, i.team_id, i.project_id, coalesce(t.name, p.name) AS place_name, i.email, i.role, ",
            "i.created_by_user_id, i.created_at_us, i.expires_at_us FROM invitations i ",
            "LEFT JOIN teams t ON t.id = i.team_id LEFT JOIN projects p ON p.id = i.project_id ",
            $rest
        )
    };
}

const OF_PLACE: &str =
    select!("WHERE i.team_id = $1 OR i.project_id = $1 ORDER BY i.created_at_us DESC, i.id DESC");
const OF_EMAIL: &str = select!(
    "WHERE i.email = $1 AND i.expires_at_us > $2 AND t.deleted_at_us IS NULL AND p.deleted_at_us IS NULL
     ORDER BY i.created_at_us DESC, i.id DESC LIMIT 100"
);
/// Into the trash nobody is invited.
const FIND_BY_TOKEN: &str =
    select!("WHERE i.token_hash = $1 AND t.deleted_at_us IS NULL AND p.deleted_at_us IS NULL");

const INSERT: &str = "INSERT INTO invitations (id, team_id, project_id, email, role, token_hash,
        created_by_user_id, created_at_us, expires_at_us)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

const RENEW: &str = "UPDATE invitations SET token_hash = $3, expires_at_us = $4
    WHERE id = $2 AND (team_id = $1 OR project_id = $1)";

const DELETE: &str = "DELETE FROM invitations WHERE id = $1";

const DELETE_OVER: &str =
    "DELETE FROM invitations WHERE (team_id = $1 OR project_id = $1) AND expires_at_us <= $2";

const IS_MEMBER: [&str; 2] = [
    "SELECT count(*) FROM team_members m JOIN users u ON u.id = m.user_id WHERE m.team_id = $1 AND u.email = $2",
    "SELECT count(*) FROM project_members m JOIN users u ON u.id = m.user_id WHERE m.project_id = $1 AND u.email = $2",
];

#[derive(sqlx::FromRow)]
struct InvitationRow {
    id: Uuid,
    team_id: Option<Uuid>,
    project_id: Option<Uuid>,
    place_name: String,
    email: String,
    role: String,
    created_by_user_id: Option<Uuid>,
    created_at_us: i64,
    expires_at_us: i64,
}

/// An invitation to make.
pub(super) struct NewInvitation<'a> {
    pub(super) id: InvitationId,
    pub(super) place: Place,
    pub(super) email: &'a str,
    pub(super) role: Role,
    pub(super) token: TokenHash,
    pub(super) created_by: UserId,
    pub(super) created_at: Timestamp,
    pub(super) expires_at: Timestamp,
}

pub(super) async fn insert(
    transaction: &mut Transaction,
    new: &NewInvitation<'_>,
) -> Result<(), DatabaseError> {
    let (team, project) = match new.place {
        Place::Team(team) => (Some(team.uuid()), None),
        Place::Project(project) => (None, Some(project.uuid())),
    };
    on_transaction!(transaction, |connection| sqlx::query(INSERT)
        .bind(new.id.uuid())
        .bind(team)
        .bind(project)
        .bind(new.email)
        .bind(new.role.as_str())
        .bind(new.token.as_bytes().as_slice())
        .bind(new.created_by.uuid())
        .bind(new.created_at.as_micros())
        .bind(new.expires_at.as_micros())
        .execute(connection)
        .await
        .map(drop))?;
    Ok(())
}

/// All of a place, expired ones too, newest first.
pub(super) async fn of_place(
    transaction: &mut Transaction,
    place: Place,
) -> Result<Vec<Invitation>, DatabaseError> {
    let rows: Vec<InvitationRow> = on_transaction!(transaction, |connection| sqlx::query_as(OF_PLACE)
        .bind(place.uuid())
        .fetch_all(connection)
        .await)?;
    Ok(rows.into_iter().filter_map(InvitationRow::read).collect())
}

pub(super) async fn of_email(
    database: &Database,
    email: &str,
    now: Timestamp,
) -> Result<Vec<Invitation>, DatabaseError> {
    let rows: Vec<InvitationRow> = on_database!(database, |pool| sqlx::query_as(OF_EMAIL)
        .bind(email)
        .bind(now.as_micros())
        .fetch_all(pool)
        .await)?;
    Ok(rows.into_iter().filter_map(InvitationRow::read).collect())
}

pub(super) async fn find_by_token(
    transaction: &mut Transaction,
    token: TokenHash,
) -> Result<Option<Invitation>, DatabaseError> {
    let row: Option<InvitationRow> =
        on_transaction!(transaction, |connection| sqlx::query_as(FIND_BY_TOKEN)
            .bind(token.as_bytes().as_slice())
            .fetch_optional(connection)
            .await)?;
    Ok(row.and_then(InvitationRow::read))
}

pub(super) async fn renew(
    transaction: &mut Transaction,
    place: Place,
    id: InvitationId,
    token: TokenHash,
    expires_at: Timestamp,
) -> Result<(), DatabaseError> {
    on_transaction!(transaction, |connection| sqlx::query(RENEW)
        .bind(place.uuid())
        .bind(id.uuid())
        .bind(token.as_bytes().as_slice())
        .bind(expires_at.as_micros())
        .execute(connection)
        .await
        .map(drop))?;
    Ok(())
}

/// Whether it was there.
pub(super) async fn delete(transaction: &mut Transaction, id: InvitationId) -> Result<bool, DatabaseError> {
    let rows = on_transaction!(transaction, |connection| sqlx::query(DELETE)
        .bind(id.uuid())
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

pub(super) async fn delete_over(
    transaction: &mut Transaction,
    place: Place,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    on_transaction!(transaction, |connection| sqlx::query(DELETE_OVER)
        .bind(place.uuid())
        .bind(now.as_micros())
        .execute(connection)
        .await
        .map(drop))?;
    Ok(())
}

/// Whether somebody with that address is in it by themselves.
pub(super) async fn is_member(
    transaction: &mut Transaction,
    place: Place,
    email: &str,
) -> Result<bool, DatabaseError> {
    let statement = match place {
        Place::Team(_) => IS_MEMBER[0],
        Place::Project(_) => IS_MEMBER[1],
    };
    let count: i64 = on_transaction!(transaction, |connection| sqlx::query_scalar(statement)
        .bind(place.uuid())
        .bind(email)
        .fetch_one(connection)
        .await)?;
    Ok(count > 0)
}

impl InvitationRow {
    /// A role of a newer release invites to nothing here.
    fn read(self) -> Option<Invitation> {
        let team = self.team_id.map(|id| Place::Team(TeamId::from_uuid(id)));
        let project = self.project_id.map(|id| Place::Project(ProjectId::from_uuid(id)));
        Some(Invitation {
            id: InvitationId::from_uuid(self.id),
            place: team.or(project)?,
            place_name: self.place_name,
            email: self.email,
            role: read_role(&self.role)?,
            created_by: self.created_by_user_id.map(UserId::from_uuid),
            created_at: Timestamp::from_micros(self.created_at_us),
            expires_at: Timestamp::from_micros(self.expires_at_us),
        })
    }
}
