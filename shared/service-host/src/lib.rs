//! What each service would repeat: configuration, telemetry, listeners,
//! health, tasks, drain.
//!
//! [`run`] is the life of a process: telemetry, start, ready, signal, not
//! ready, soft stop, drain, hard stop, flush, exit code. A service sees the
//! [`Host`]: it spawns named [`Tasks`], serves [`Listener`]s, says when it is
//! [`Readiness::ready`] and looks at [`Shutdown`]. Tests make a host of their
//! own and run the same start functions.
//!
//! Only this room may install telemetry, take signals or build a server.

mod aside;
mod background;
mod config;
mod dial;
mod front;
mod health;
mod host;
mod http_client;
mod in_place;
mod layers;
mod listener;
mod load;
mod public_authorities;
mod request_id;
mod run;
mod serve;
mod shutdown;
mod tasks;
mod telemetry;
mod tls;
mod trace_context;
mod turn;
mod workers;
mod writes_last;

pub use background::Background;
pub use config::{HostConfig, LogFormat, TelemetryConfig};
pub use dial::{Channel, DialOptions, InvalidUrl, dial};
pub use front::Front;
pub use health::Readiness;
pub use host::Host;
pub use http_client::http_client;
pub use in_place::boxed_in_place;
pub use listener::{BindError, Listener};
pub use load::{InvalidConfig, Sources, dump, without_password};
pub use public_authorities::public_authorities;
pub use request_id::RequestId;
pub use run::run;
pub use shutdown::Shutdown;
pub use tasks::{OnFailure, Tasks};
pub use tls::{ServiceTls, TlsConfig, UnusableTls};
pub use trace_context::{are_traces_collected, carry_trace};
pub use writes_last::WritesLast;
