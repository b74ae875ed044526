use database::{DatabaseError, Transaction, on_transaction};

use crate::{sessions::SessionRow, store::statement::insert};

/// The end is not in here: it has a rule of its own.
const RENEW_SESSION: &str = "ON CONFLICT (id) DO UPDATE SET
    revision = excluded.revision,
    client_name = excluded.client_name,
    client_version = excluded.client_version,
    client_type = excluded.client_type,
    user_agent = excluded.user_agent,
    ip_address = excluded.ip_address,
    capabilities_json = excluded.capabilities_json,
    last_seen_at = excluded.last_seen_at
    WHERE client_sessions.last_seen_at < excluded.last_seen_at";

/// The earlier end, and the one that somebody saw before a `gateway_lost`.
const END_SESSION: &str = "UPDATE client_sessions SET ended_at = $2, end_reason = $3
    WHERE id = $1 AND (
        ended_at IS NULL
        OR (end_reason = 'gateway_lost' AND $3 <> 'gateway_lost')
        OR (ended_at > $2 AND (end_reason = 'gateway_lost') = ($3 = 'gateway_lost')))";

pub(super) async fn write(
    transaction: &mut Transaction,
    sessions: &[SessionRow],
) -> Result<(), DatabaseError> {
    insert(transaction, sessions, RENEW_SESSION).await?;
    for session in sessions.iter().filter(|session| session.ended_at.is_some()) {
        on_transaction!(transaction, |connection| {
            sqlx::query(END_SESSION)
                .bind(session.id)
                .bind(session.ended_at)
                .bind(&session.end_reason)
                .execute(connection)
                .await?;
        });
    }
    Ok(())
}
