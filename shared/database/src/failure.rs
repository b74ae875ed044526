use service_error::{Code, ServiceError};

/// What a statement can end in, whichever engine ran it.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// A value that must be unique is there already.
    #[error("a unique value is taken")]
    Taken(#[source] sqlx::Error),
    /// The database cannot be reached, is busy, full, or gave way to another
    /// transaction. Trying again may help.
    #[error("the database is not available")]
    Unavailable(#[source] sqlx::Error),
    /// Anything else is a fault of ours: a broken reference, an unknown column,
    /// a value that cannot be read.
    #[error("the database refused a statement")]
    Fault(#[source] sqlx::Error),
}

impl DatabaseError {
    /// Whether a unique value was taken. What that means, the caller knows.
    pub const fn is_taken(&self) -> bool {
        matches!(self, Self::Taken(_))
    }

    /// Whether the engine refused a value and would refuse it again, while other
    /// values are fine: too large, out of range, against a constraint.
    pub fn is_refused_value(&self) -> bool {
        let (Self::Fault(sqlx::Error::Database(refusal)) | Self::Taken(sqlx::Error::Database(refusal))) =
            self
        else {
            return matches!(self, Self::Fault(sqlx::Error::Encode(_)));
        };
        refusal.code().is_some_and(|code| match code.parse::<i32>() {
            // The low byte of SQLite's code: TOOBIG, CONSTRAINT, MISMATCH.
            Ok(sqlite) if code.len() < 5 => matches!(sqlite & 0xff, 18..=20),
            // PostgreSQL's classes: data, integrity, program limits.
            _ => ["22", "23", "54"].iter().any(|class| code.starts_with(class)),
        })
    }

    /// A row that holds what no row of ours should hold.
    pub fn unreadable(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Fault(sqlx::Error::Decode(Box::new(source)))
    }
}

impl From<sqlx::Error> for DatabaseError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(refusal) if refusal.is_unique_violation() => Self::Taken(error),
            sqlx::Error::Database(refusal) if may_pass(refusal.as_ref()) => Self::Unavailable(error),
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed => Self::Unavailable(error),
            _ => Self::Fault(error),
        }
    }
}

/// Whether the same statement may succeed later.
fn may_pass(refusal: &dyn sqlx::error::DatabaseError) -> bool {
    let Some(code) = refusal.code() else { return false };
    if let Ok(sqlite) = code.parse::<i32>()
        && code.len() < 5
    {
        // The low byte of SQLite's code: BUSY, LOCKED, IOERR, FULL, CANTOPEN.
        return matches!(sqlite & 0xff, 5 | 6 | 10 | 13 | 14);
    }
    // PostgreSQL's classes: connection, transaction rollback, resources, operator.
    ["08", "40", "53", "57", "55P03"]
        .iter()
        .any(|class| code.starts_with(class))
}

impl From<DatabaseError> for ServiceError {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::Taken(source) => {
                Self::new(Code::AlreadyExists, "already_exists", "this exists already").caused_by(source)
            }
            DatabaseError::Unavailable(source) => {
                tracing::warn!(error = %source, "database not available");
                Self::new(
                    Code::Unavailable,
                    "database_unavailable",
                    "the database is not available at the moment; try again in a few seconds",
                )
                .caused_by(source)
            }
            DatabaseError::Fault(source) => Self::internal(source),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_connection_is_no_fault_of_ours() {
        for error in [
            sqlx::Error::PoolTimedOut,
            sqlx::Error::Io(std::io::ErrorKind::ConnectionReset.into()),
        ] {
            assert_eq!(
                ServiceError::from(DatabaseError::from(error)).code,
                Code::Unavailable
            );
        }
        assert_eq!(
            ServiceError::from(DatabaseError::from(sqlx::Error::RowNotFound)).code,
            Code::Internal
        );
    }
}
