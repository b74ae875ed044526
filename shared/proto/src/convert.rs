//! Between wire and domain: the one place where an enum of `proto/` meets its
//! twin in `domain`.

use crate::{gateway, logging, projects};

/// A value on the wire that the domain has no word for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct InvalidField {
    /// Name of the field, as in the proto file.
    pub field: &'static str,
    /// What is wrong with it.
    pub problem: String,
}

/// Reads an id out of a field.
pub fn parse_id<I>(field: &'static str, text: &str) -> Result<I, InvalidField>
where
    I: std::str::FromStr,
    I::Err: std::fmt::Display,
{
    text.parse().map_err(|error: I::Err| InvalidField {
        field,
        problem: error.to_string(),
    })
}

/// Pairs each value of a domain enum with its value on the wire. Exhaustive on
/// both sides, so that a value added to one does not compile without the other.
macro_rules! wire_enum {
    ($domain:ty, $wire:ty { $($variant:ident),+ $(,)? }) => {
        impl From<$domain> for $wire {
            fn from(value: $domain) -> Self {
                match value { $(<$domain>::$variant => Self::$variant,)+ }
            }
        }

        impl FromWire for $domain {
            type Wire = $wire;

            fn from_wire(value: i32) -> Option<Self> {
                match <$wire>::try_from(value).ok()? {
                    <$wire>::Unspecified => None,
                    $(<$wire>::$variant => Some(Self::$variant),)+
                }
            }
        }
    };
}

/// A domain enum that also stands in `proto/`.
pub trait FromWire: Sized {
    /// The generated enum.
    type Wire: From<Self> + Into<i32>;

    /// Absent for `UNSPECIFIED` and for values of a newer release.
    fn from_wire(value: i32) -> Option<Self>;

    /// The number that stands for this value on the wire.
    fn to_wire(self) -> i32 {
        Self::Wire::from(self).into()
    }
}

wire_enum!(
    domain::ToolCallStatus,
    logging::ToolCallStatus {
        Running,
        Success,
        Error,
        Timeout,
        Cancelled
    }
);
wire_enum!(
    domain::ErrorKind,
    logging::ErrorKind {
        ToolError,
        ProtocolError,
        UpstreamUnavailable,
        UpstreamCrashed,
        Denied,
        RateLimited,
        InvalidRequest,
        ClientGone,
        GatewayLost,
    }
);
wire_enum!(
    domain::Door,
    logging::Door {
        Sse,
        StreamableHttp,
        StatelessHttp,
        Rest
    }
);
wire_enum!(
    domain::SessionEnd,
    logging::SessionEnd {
        Closed,
        Deleted,
        Expired,
        Revoked,
        GatewayStopped,
        GatewayLost,
    }
);
wire_enum!(
    domain::LogLevel,
    logging::LogLevel {
        Debug,
        Info,
        Warning,
        Error
    }
);
wire_enum!(
    domain::ServerLogKind,
    logging::ServerLogKind {
        Stderr,
        Lifecycle,
        Protocol
    }
);
wire_enum!(
    domain::ActivityType,
    projects::ActivityType {
        ProjectCreated,
        ProjectUpdated,
        ProjectDeleted,
        ProjectRestored,
        ProjectPurged,
        ProjectSettingsChanged,
        TeamCreated,
        TeamUpdated,
        TeamDeleted,
        TeamRestored,
        TeamPurged,
        TeamGranted,
        TeamRemoved,
        MemberRoleChanged,
        MemberRemoved,
        MemberLeft,
        OwnershipTransferred,
        InvitationCreated,
        InvitationResent,
        InvitationRevoked,
        InvitationAccepted,
        InvitationDeclined,
        ApiKeyCreated,
        ApiKeyUpdated,
        ApiKeyRevoked,
        ServerCreated,
        ServerUpdated,
        ServerDeleted,
        SecretsChanged,
        ToolsSwitched,
        SavedViewCreated,
        SavedViewUpdated,
        SavedViewDeleted,
        UserCreated,
        UserUpdated,
        UserDeleted,
        PasswordChanged,
        SignedIn,
        SignedOut,
        SessionRevoked,
        SignInLinkCreated,
        PayloadsExported,
        AdministratorLooked,
        SecretsKeyRotated
    }
);
wire_enum!(
    domain::Role,
    projects::Role {
        Owner,
        Developer,
        Reporter
    }
);
wire_enum!(
    domain::Permission,
    projects::Permission {
        ReadProject,
        CallTools,
        ReadLogs,
        ReadPayloads,
        WriteServers,
        WriteStdioServers,
        WriteOwnApiKeys,
        WriteAllApiKeys,
        WriteMembers,
        WriteProject,
    }
);
wire_enum!(
    domain::PayloadMode,
    projects::PayloadMode {
        Full,
        Redacted,
        Metadata
    }
);
wire_enum!(
    domain::InvitedAs,
    projects::InvitedAs {
        TeamMember,
        Individual,
        External
    }
);
wire_enum!(
    domain::Scope,
    projects::Scope {
        ProjectRead,
        ToolsCall,
        LogsRead,
        LogsPayloads
    }
);
wire_enum!(
    domain::Isolation,
    projects::Isolation {
        Auto,
        Shared,
        Session
    }
);
wire_enum!(
    domain::UpstreamState,
    gateway::UpstreamState {
        Starting,
        Ready,
        BackingOff,
        Failed
    }
);

#[cfg(test)]
mod tests {
    use super::*;

    fn every_value_survives<E>(all: &[E])
    where
        E: FromWire + Copy + PartialEq + std::fmt::Debug,
    {
        for value in all {
            assert_eq!(E::from_wire(value.to_wire()), Some(*value));
        }
        assert_eq!(E::from_wire(0), None, "unspecified is no value");
        assert_eq!(
            E::from_wire(9_999),
            None,
            "a value of a newer release is no value"
        );
    }

    #[test]
    fn every_enum_value_survives_the_wire() {
        every_value_survives(domain::ToolCallStatus::ALL);
        every_value_survives(domain::ErrorKind::ALL);
        every_value_survives(domain::Door::ALL);
        every_value_survives(domain::SessionEnd::ALL);
        every_value_survives(domain::LogLevel::ALL);
        every_value_survives(domain::ServerLogKind::ALL);
        every_value_survives(domain::ActivityType::ALL);
        every_value_survives(domain::Role::ALL);
        every_value_survives(domain::Permission::ALL);
        every_value_survives(domain::PayloadMode::ALL);
        every_value_survives(domain::Scope::ALL);
        every_value_survives(domain::InvitedAs::ALL);
        every_value_survives(domain::Isolation::ALL);
        every_value_survives(domain::UpstreamState::ALL);
    }
}
