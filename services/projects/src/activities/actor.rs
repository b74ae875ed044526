use std::net::IpAddr;

use access::USER_AGENT_METADATA;
use domain::{ApiKeyId, UserId};
use tonic::metadata::MetadataMap;

use crate::{
    client_address::{self, ClientAddress},
    users::User,
};

const MAX_USER_AGENT: usize = 512;

/// Who did something, as they were then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Actor {
    /// Of a key: who made it. Absent: whoever runs the deployment, or its own
    /// clockwork.
    pub(crate) user_id: Option<UserId>,
    pub(crate) api_key_id: Option<ApiKeyId>,
    pub(crate) name: String,
    pub(crate) origin: Origin,
}

/// From where somebody calls.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) address: Option<IpAddr>,
    /// Empty: unknown.
    pub(crate) user_agent: String,
}

impl Actor {
    pub(crate) fn person(user: &User, origin: &Origin) -> Self {
        Self {
            user_id: Some(user.id),
            api_key_id: None,
            name: user.name.clone(),
            origin: origin.clone(),
        }
    }

    /// Whoever runs the deployment, at its command line.
    pub(crate) fn operator() -> Self {
        Self {
            user_id: None,
            api_key_id: None,
            name: "operator".to_owned(),
            origin: Origin::default(),
        }
    }

    /// Nobody: the time had come.
    pub(crate) fn clockwork() -> Self {
        Self {
            name: "mcp-orchestrator".to_owned(),
            ..Self::operator()
        }
    }
}

impl Origin {
    /// What the HTTP gateway says; nothing for callers without clients.
    pub(crate) fn from_metadata(metadata: &MetadataMap) -> Self {
        let user_agent = metadata
            .get(USER_AGENT_METADATA)
            .and_then(|text| text.to_str().ok())
            .unwrap_or_default();
        Self {
            address: client_address::ip(metadata),
            user_agent: user_agent.chars().take(MAX_USER_AGENT).collect(),
        }
    }

    /// As attempts are counted.
    pub(crate) fn client(&self) -> Option<ClientAddress> {
        self.address.map(ClientAddress::new)
    }
}
