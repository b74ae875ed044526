//! The words of the system and what is true of them wherever they are used:
//! ids, names, roles and what each may do, how calls end, time.
//!
//! No I/O here, no wire format, no SQL: every other room may depend on this
//! one, and it depends on none.

mod activity;
mod clock;
mod id;
mod name;
mod payload;
mod role;
mod status;
mod text_enum;
mod tool_pattern;

pub use activity::ActivityType;
pub use clock::{Clock, InvalidTimestamp, Timestamp};
pub use id::{
    ActivityId, ApiKeyId, DataKeyId, GatewayId, InvalidId, InvitationId, ProjectId, SavedViewId, ServerId,
    ServerLogId, SessionId, SignInLinkId, TeamId, ToolCallId, UserId, WebSessionId,
};
pub use name::{DisplayName, Email, InvalidName, ServerName, Slug};
pub use payload::{InvalidPayloadPath, PathPart, PayloadMode, PayloadPath, Selector};
pub use role::{InvitedAs, Permission, Role, Scope};
pub use status::{
    ClientType, Door, ErrorKind, Isolation, LogLevel, ServerLogKind, SessionEnd, ToolCallStatus,
    UpstreamState,
};
pub use text_enum::UnknownWord;
pub use tool_pattern::{InvalidToolPattern, ToolPattern};
