use domain::Permission;
use service_error::{Code, ServiceError};

use super::{Server, Transport};
use crate::{access::Granted, secrets::SecretChanges};

/// Whether the caller may read what a server is reached with: values of the
/// environment, headers, queries are secrets as often as not. Who may not write
/// them does not read them.
pub(crate) fn may_read_values(granted: &Granted, transport: &Transport) -> bool {
    granted.permissions.contains(&needed(transport))
}

/// To define a stdio server is to run a program on the gateway's host. To
/// switch one on and off, that its owner defined, is not.
pub(super) fn may_define(granted: &Granted, transport: &Transport) -> Result<(), ServiceError> {
    if granted.permissions.contains(&needed(transport)) {
        return Ok(());
    }
    Err(ServiceError::new(
        Code::PermissionDenied,
        "stdio_servers_not_allowed",
        "a stdio server runs a program on the gateway's host: only an owner of the project may add, \
         change or delete one; ask an owner to do it",
    ))
}

/// Whether the caller may make the one of the other, and change these secrets.
pub(super) fn may_change(
    granted: &Granted,
    before: &Server,
    after: &Server,
    secrets: &SecretChanges,
) -> Result<(), ServiceError> {
    let is_set = |name: &String| before.secrets.iter().any(|secret| secret.name == *name);
    // A variable such as NODE_OPTIONS runs a program as well as a command does:
    // only those that an owner named may be given another value.
    let only_renews = secrets
        .iter()
        .all(|(name, value)| value.is_some() && is_set(name));
    if after.name != before.name || after.definition != before.definition || !only_renews {
        may_define(granted, &before.definition.transport)?;
        may_define(granted, &after.definition.transport)?;
    }
    secrets_stay_where_they_are(before, after, secrets)
}

/// Nobody reads a secret back. Who could point the server at another host would:
/// its next request brings all of them there.
fn secrets_stay_where_they_are(
    before: &Server,
    after: &Server,
    changes: &SecretChanges,
) -> Result<(), ServiceError> {
    use Transport as T;

    let (old, new) = (&before.definition.transport, &after.definition.transport);
    let is_same_place = match (old, new) {
        (T::Stdio(_), T::Stdio(_)) => true,
        (T::StreamableHttp(old) | T::Sse(old), T::StreamableHttp(new) | T::Sse(new)) => {
            old.has_origin_of(new)
        }
        (T::Stdio(_), _) | (_, T::Stdio(_)) => false,
    };
    let stays = |name: &String| !changes.contains_key(name);
    let kept = before
        .secrets
        .iter()
        .map(|secret| &secret.name)
        .find(|name| stays(name));
    match kept {
        Some(name) if !is_same_place => Err(ServiceError::new(
            Code::Refused,
            "secrets_needed_again",
            format!(
                "this would send the secret {name} to another place: give all secrets of the server anew, or remove \
                 them with an empty value"
            ),
        )),
        _ => Ok(()),
    }
}

const fn needed(transport: &Transport) -> Permission {
    match transport {
        Transport::Stdio(_) => Permission::WriteStdioServers,
        Transport::StreamableHttp(_) | Transport::Sse(_) => Permission::WriteServers,
    }
}
