use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// What a path leads to.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Address<'a> {
    pub(super) project: Cow<'a, str>,
    /// None: all servers of the project behind one.
    pub(super) server: Option<Cow<'a, str>>,
    pub(super) door: Door,
}

/// Which of the doors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Door {
    /// `.../mcp`
    Mcp,
    /// `.../sse`
    Sse,
    /// `.../messages`
    Messages,
}

impl<'a> Address<'a> {
    /// Takes a path apart; none where nothing is.
    pub(super) fn parse(path: &'a str) -> Option<Self> {
        let rest = path.strip_prefix("/projects/")?;
        let (project, rest) = rest.split_once('/')?;
        let (server, door) = match rest.strip_prefix("servers/") {
            None => (None, rest),
            Some(rest) => {
                let (server, door) = rest.split_once('/')?;
                (Some(decoded(server)?), door)
            }
        };
        let door = match door {
            "mcp" => Door::Mcp,
            "sse" => Door::Sse,
            "messages" => Door::Messages,
            _ => return None,
        };
        Some(Self {
            project: decoded(project)?,
            server,
            door,
        })
    }

    /// The path without the names in it.
    pub(super) const fn route(&self) -> &'static str {
        match (&self.server, self.door) {
            (None, Door::Mcp) => "/projects/{project}/mcp",
            (None, Door::Sse) => "/projects/{project}/sse",
            (None, Door::Messages) => "/projects/{project}/messages",
            (Some(_), Door::Mcp) => "/projects/{project}/servers/{server}/mcp",
            (Some(_), Door::Sse) => "/projects/{project}/servers/{server}/sse",
            (Some(_), Door::Messages) => "/projects/{project}/servers/{server}/messages",
        }
    }
}

fn decoded(part: &str) -> Option<Cow<'_, str>> {
    let part = percent_decode_str(part).decode_utf8().ok()?;
    (!part.is_empty()).then_some(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_to_a_door_of_a_project_or_of_a_server() {
        let address = |path| {
            let address = Address::parse(path)?;
            let names = (
                address.project.to_string(),
                address.server.as_deref().unwrap_or("-").to_owned(),
            );
            Some((names.0, names.1, address.door, address.route()))
        };
        let owned = |project: &str, server: &str, door, route| {
            Some((project.to_owned(), server.to_owned(), door, route))
        };
        assert_eq!(
            address("/projects/acme/mcp"),
            owned("acme", "-", Door::Mcp, "/projects/{project}/mcp")
        );
        assert_eq!(
            address("/projects/acme/messages"),
            owned("acme", "-", Door::Messages, "/projects/{project}/messages")
        );
        assert_eq!(
            address("/projects/acme/servers/my%20files%2F%EC%84%9C/sse"),
            owned(
                "acme",
                "my files/서",
                Door::Sse,
                "/projects/{project}/servers/{server}/sse"
            )
        );
        for path in [
            "/",
            "/projects",
            "/projects/acme",
            "/projects//mcp",
            "/projects/acme/mcp/",
            "/projects/acme/mcp/x",
            "/projects/acme/servers/mcp",
            "/projects/acme/servers//mcp",
            "/projects/acme/servers/a/b/mcp",
            "/projects/%ff/mcp",
            "/Projects/acme/mcp",
        ] {
            assert_eq!(address(path), None, "{path}");
        }
    }
}
