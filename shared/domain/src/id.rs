use std::fmt;

use uuid::Uuid;

use crate::{Clock, Timestamp};

/// A text that is no id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no id: expected a UUID such as 0192f0c1-7a3b-7c55-9d0e-2f4a6b8c0d1e")]
pub struct InvalidId {
    text: String,
}

macro_rules! id {
    ($( $(#[$meta:meta])* $name:ident ),+ $(,)?) => { $(
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id: a UUIDv7 of the clock's time.
            pub fn new(clock: &Clock) -> Self {
                Self(new_v7(clock))
            }

            /// The id that a database holds.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// What a database holds of it.
            pub const fn uuid(self) -> Uuid {
                self.0
            }

            /// When it was made, to the millisecond, if it is a UUIDv7.
            pub const fn made_at(self) -> Timestamp {
                Timestamp::from_micros((self.0.as_u128() >> 80) as i64 * 1_000)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(formatter)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                // The canonical form only, so that one thing has one address.
                match Uuid::try_parse(text) {
                    Ok(uuid) if text.len() == 36 => Ok(Self(uuid)),
                    _ => Err(InvalidId { text: text.chars().take(64).collect() }),
                }
            }
        }
    )+ };
}

id! {
    /// A person.
    UserId,
    /// A team of people.
    TeamId,
    /// An invitation into a team or a project.
    InvitationId,
    /// A project.
    ProjectId,
    /// An API key.
    ApiKeyId,
    /// A signed-in browser.
    WebSessionId,
    /// A link that signs in once.
    SignInLinkId,
    /// A view of the call log that somebody kept.
    SavedViewId,
    /// What somebody did.
    ActivityId,
    /// An MCP server configured in a project.
    ServerId,
    /// What the secrets of a project are sealed with.
    DataKeyId,
    /// One client's stay.
    SessionId,
    /// One call of a tool by a client.
    ToolCallId,
    /// One line of a server's log.
    ServerLogId,
    /// One gateway, over all its restarts.
    GatewayId,
}

fn new_v7(clock: &Clock) -> Uuid {
    let now = clock.now().as_micros();
    let seconds = now.div_euclid(1_000_000);
    let nanos = now.rem_euclid(1_000_000) * 1_000;
    Uuid::new_v7(uuid::Timestamp::from_unix(
        uuid::NoContext,
        seconds as u64,
        nanos as u32,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;

    #[test]
    fn an_id_carries_the_time_of_the_clock() {
        let clock = Clock::manual(Timestamp::from_micros(1_700_000_000_123_456));
        let (seconds, nanos) = ToolCallId::new(&clock)
            .uuid()
            .get_timestamp()
            .expect("v7 has a time")
            .to_unix();
        assert_eq!((seconds, nanos / 1_000_000), (1_700_000_000, 123));
    }

    #[test]
    fn only_the_canonical_form_is_an_id() {
        let id = ProjectId::new(&Clock::system());
        assert_eq!(id.to_string().parse::<ProjectId>(), Ok(id));
        for text in [
            "",
            "x",
            &id.uuid().simple().to_string(),
            &format!("{{{id}}}"),
            &format!("urn:uuid:{id}"),
        ] {
            assert!(text.parse::<ProjectId>().is_err(), "{text}");
        }
    }
}
