use std::collections::BTreeMap;

use service_error::ServiceError;

use super::{
    Transport,
    http::{check_header_value, parse_header_name},
    stdio::{check_env_name, without_nul},
};
use crate::secrets::SecretChanges;

const MAX_SECRETS: usize = 64;

/// What is to change of a server's secrets: variables of the environment of a
/// program, headers of the others. An empty value removes.
pub(crate) fn parse_secrets(
    transport: &Transport,
    secrets: impl IntoIterator<Item = (String, String)>,
) -> Result<SecretChanges, ServiceError> {
    let mut changes = SecretChanges::new();
    for (name, value) in secrets {
        let name = parse_name(transport, &name)?;
        match transport {
            Transport::Stdio(_) => without_nul("secrets", &value)?,
            Transport::StreamableHttp(_) | Transport::Sse(_) => check_header_value("secrets", &value)?,
        }
        let value = Some(value).filter(|value| !value.is_empty()).map(Into::into);
        if changes.insert(name.clone(), value).is_some() {
            return Err(ServiceError::invalid("secrets", format!("{name} is named twice")));
        }
    }
    Ok(changes)
}

/// Whether a server can have secrets of these names and sizes.
pub(crate) fn check_secrets(
    transport: &Transport,
    secrets: &BTreeMap<&str, usize>,
) -> Result<(), ServiceError> {
    for name in secrets.keys() {
        if parse_name(transport, name)? != **name {
            return Err(ServiceError::invalid(
                "secrets",
                format!("{name} is the secret of another kind of server; remove it, with an empty value"),
            ));
        }
        if transport.has_value(name) {
            return Err(ServiceError::invalid(
                "secrets",
                format!("{name} is given in the open too; it can be a secret or not, and not both"),
            ));
        }
    }
    if secrets.len() > MAX_SECRETS {
        return Err(ServiceError::invalid("secrets", format!("at most {MAX_SECRETS}")));
    }
    if secrets.values().sum::<usize>() > super::MAX_BYTES {
        return Err(ServiceError::invalid(
            "secrets",
            format!("together at most {} bytes", super::MAX_BYTES),
        ));
    }
    Ok(())
}

fn parse_name(transport: &Transport, name: &str) -> Result<String, ServiceError> {
    match transport {
        Transport::Stdio(_) => {
            check_env_name("secrets", name)?;
            Ok(name.to_owned())
        }
        Transport::StreamableHttp(_) | Transport::Sse(_) => parse_header_name("secrets", name),
    }
}
