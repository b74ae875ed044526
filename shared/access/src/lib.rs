//! Who is calling, and may they: callers, credentials, service tokens.
//!
//! People and programs outside carry a [`Credential`]: the [`SessionToken`] of
//! a signed-in browser or an [`ApiKey`] of a project. Which of them live, and
//! what they may do, only the projects service knows; here is what they look
//! like and how they are hashed.
//!
//! Services carry a [`ServiceToken`], made of the deployment's
//! [`ServiceSecret`]. [`ServiceIdentity`] sends it, [`GrpcAccess`] checks it
//! against the list of who may call what. What is not in the list is refused.

mod api_key;
mod base62;
mod client_address;
mod credential;
mod grpc_layer;
mod network;
mod rate_limit;
mod secret_file;
mod service;
mod session_token;
mod wrapping_key;

pub use api_key::{ApiKey, KeyHash, Pepper};
pub use client_address::client_address;
pub use credential::{Credential, InvalidCredential};
pub use grpc_layer::{AllowList, GrpcAccess, GrpcAccessService};
pub use network::{InvalidNetwork, Network};
pub use rate_limit::RateLimits;
pub use secret_file::SecretFileError;
pub use service::{
    CLIENT_ADDRESS_METADATA, COUNTED_METADATA, ServiceIdentity, ServiceName, ServiceSecret, ServiceToken,
    USER_AGENT_METADATA, UnknownService,
};
pub use session_token::{InvitationToken, SessionToken, SignInLinkToken, TokenHash};
pub use wrapping_key::{InvalidWrappingKey, WrappingKey, WrappingKeys};
