use std::{fmt, path::Path, str::FromStr, sync::Arc};

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use tonic::{
    Request, Status,
    metadata::{Ascii, MetadataValue},
    service::Interceptor,
};
use zeroize::Zeroizing;

use crate::{SecretFileError, secret_file};

/// Metadata that carries a service token.
pub(crate) const SERVICE_METADATA: &str = "x-mcporch-service";

/// Metadata in which the HTTP gateway names the address of its client. Believed
/// only beside a service token.
pub const CLIENT_ADDRESS_METADATA: &str = "x-mcporch-client-address";

/// Metadata in which the HTTP gateway tells the `User-Agent` of its client, in
/// ASCII. Believed only beside a service token.
pub const USER_AGENT_METADATA: &str = "x-mcporch-user-agent";

/// Metadata with which the HTTP gateway says that it calls for a request that was
/// counted against the limit of its API key before. Believed only beside a
/// service token.
pub const COUNTED_METADATA: &str = "x-mcporch-counted";

/// Who calls between services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ServiceName {
    /// Serves MCP clients.
    McpGateway,
    /// Keeps what happened.
    Logging,
    /// Keeps people, projects, keys and servers.
    Projects,
    /// Serves REST and the web pages.
    HttpGateway,
    /// The command line, in the hands of who runs the deployment.
    Operator,
}

/// A text that is no service's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this is the name of no service")]
pub struct UnknownService;

/// What all services of one deployment share and nobody else knows.
#[derive(Clone)]
pub struct ServiceSecret(Arc<Zeroizing<[u8; 32]>>);

/// Proof of being a service: its name, a dot, and an HMAC-SHA-256 of the name
/// under the deployment's [`ServiceSecret`].
#[derive(Clone)]
pub struct ServiceToken(MetadataValue<Ascii>);

/// Sends a service token with each call of a client.
#[derive(Debug, Clone)]
pub struct ServiceIdentity(ServiceToken);

impl ServiceName {
    /// Every service.
    pub const ALL: &'static [Self] = &[
        Self::McpGateway,
        Self::Logging,
        Self::Projects,
        Self::HttpGateway,
        Self::Operator,
    ];

    /// Its name in tokens and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::McpGateway => "mcp-gateway",
            Self::Logging => "logging",
            Self::Projects => "projects",
            Self::HttpGateway => "http-gateway",
            Self::Operator => "operator",
        }
    }
}

impl fmt::Display for ServiceName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for ServiceName {
    type Err = UnknownService;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|name| name.as_str() == text)
            .ok_or(UnknownService)
    }
}

impl ServiceSecret {
    /// A new secret, for a deployment that lives no longer than this process.
    pub fn generate() -> Self {
        let mut bytes = Zeroizing::new([0_u8; 32]);
        getrandom::fill(bytes.as_mut_slice())
            .expect("the operating system always has randomness once it is up");
        Self(Arc::new(bytes))
    }

    /// Reads the secret out of its file, or makes both.
    pub fn load_or_create(path: &Path) -> Result<Self, SecretFileError> {
        secret_file::load_or_create(path).map(|bytes| Self(Arc::new(bytes)))
    }

    /// The token of a service.
    pub fn token_for(&self, name: ServiceName) -> ServiceToken {
        let proof = HEXLOWER.encode(&self.mac(name).finalize().into_bytes());
        let mut value: MetadataValue<Ascii> = format!("{name}.{proof}")
            .parse()
            .expect("a name, a dot and hexadecimal digits are ASCII");
        value.set_sensitive(true);
        ServiceToken(value)
    }

    /// Whose token this is; absent when it is nobody's. A wrong proof takes the
    /// same time wherever it goes wrong.
    pub fn verify(&self, token: &str) -> Option<ServiceName> {
        let (name, proof) = token.split_once('.')?;
        let name: ServiceName = name.parse().ok()?;
        let proof = HEXLOWER.decode(proof.as_bytes()).ok()?;
        self.mac(name).verify_slice(&proof).ok().map(|()| name)
    }

    fn mac(&self, name: ServiceName) -> Hmac<Sha256> {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(self.0.as_slice()).expect("HMAC takes keys of any length");
        // Names what is signed, should the secret ever sign anything else.
        mac.update(b"mcporch service token 1\0");
        mac.update(name.as_str().as_bytes());
        mac
    }
}

impl fmt::Debug for ServiceSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ServiceSecret(...)")
    }
}

impl ServiceToken {
    /// The token as it travels: for metadata, and for nothing else.
    pub fn expose(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }
}

impl fmt::Debug for ServiceToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ServiceToken(...)")
    }
}

impl ServiceIdentity {
    /// Calls with that token.
    pub const fn new(token: ServiceToken) -> Self {
        Self(token)
    }
}

impl Interceptor for ServiceIdentity {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert(SERVICE_METADATA, self.0.0.clone());
        Ok(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_service_has_a_token_of_its_own() {
        let secret = ServiceSecret::generate();
        for name in ServiceName::ALL {
            assert_eq!(name.as_str().parse(), Ok(*name));
            assert_eq!(secret.verify(secret.token_for(*name).expose()), Some(*name));
        }
    }

    #[test]
    fn a_token_of_another_deployment_or_of_another_name_is_nobodys() {
        let secret = ServiceSecret::generate();
        let other = ServiceSecret::generate().token_for(ServiceName::McpGateway);
        assert_eq!(secret.verify(other.expose()), None);
        let logging = secret.token_for(ServiceName::Logging);
        let promoted = logging.expose().replace("logging", "operator");
        assert_eq!(secret.verify(&promoted), None);
        for text in ["", ".", "logging", "logging.", "logging.00", "somebody.00"] {
            assert_eq!(secret.verify(text), None, "{text}");
        }
    }

    #[test]
    fn debug_shows_nothing() {
        let secret = ServiceSecret::generate();
        let identity = ServiceIdentity::new(secret.token_for(ServiceName::Logging));
        assert_eq!(
            format!("{secret:?} {identity:?}"),
            "ServiceSecret(...) ServiceIdentity(ServiceToken(...))"
        );
    }
}
