use crate::text_enum::text_enum;

text_enum! {
    /// What a person is in a team or in a project.
    ///
    /// Ordered from least to most, so that the higher of two roles is their
    /// `max`, and a role that is limited by a grant is their `min`.
    pub enum Role {
        /// Reads.
        Reporter = "reporter",
        /// Reads, calls tools, runs servers.
        Developer = "developer",
        /// Does everything, members and deletion included.
        Owner = "owner",
    }
}

text_enum! {
    /// By which way somebody is in a project.
    pub enum InvitedAs {
        /// As a member of a team that was granted a role.
        TeamMember = "team_member",
        /// By themselves.
        Individual = "individual",
        /// By themselves, and in none of the teams of the project.
        External = "external",
    }
}

text_enum! {
    /// What a caller may do in a project.
    pub enum Permission {
        /// See the project, its servers without secrets, their tools.
        ReadProject = "read_project",
        /// Call tools.
        CallTools = "call_tools",
        /// Read calls without payloads, metrics, sessions, server logs.
        ReadLogs = "read_logs",
        /// Read arguments and results.
        ReadPayloads = "read_payloads",
        /// Add and change servers that are reached over HTTP.
        WriteServers = "write_servers",
        /// Add and change servers that run a program on the gateway's host.
        WriteStdioServers = "write_stdio_servers",
        /// Make and revoke one's own API keys.
        WriteOwnApiKeys = "write_own_api_keys",
        /// Revoke anybody's API keys.
        WriteAllApiKeys = "write_all_api_keys",
        /// Invite people and teams, give them roles, take them out.
        WriteMembers = "write_members",
        /// Change its name and its settings, delete it.
        WriteProject = "write_project",
    }
}

text_enum! {
    /// What an API key may be limited to: the permissions that a key can have
    /// at all, in the words of those who make keys.
    pub enum Scope {
        /// See the project, its servers without secrets, their tools.
        ProjectRead = "project:read",
        /// Call tools.
        ToolsCall = "tools:call",
        /// Read calls without payloads, metrics, sessions, server logs.
        LogsRead = "logs:read",
        /// Read arguments and results.
        LogsPayloads = "logs:payloads",
    }
}

impl Role {
    /// The table of who may do what in a project. What is not named is denied.
    #[expect(clippy::match_same_arms, reason = "a table: one line for each role")]
    pub const fn may(self, permission: Permission) -> bool {
        use Permission as P;
        match (self, permission) {
            (Self::Owner, _) | (_, P::ReadProject | P::ReadLogs) => true,
            (Self::Developer, P::CallTools | P::ReadPayloads | P::WriteServers | P::WriteOwnApiKeys) => true,
            (
                Self::Developer,
                P::WriteStdioServers | P::WriteAllApiKeys | P::WriteMembers | P::WriteProject,
            ) => false,
            (
                Self::Reporter,
                P::CallTools
                | P::ReadPayloads
                | P::WriteServers
                | P::WriteStdioServers
                | P::WriteOwnApiKeys
                | P::WriteAllApiKeys
                | P::WriteMembers
                | P::WriteProject,
            ) => false,
        }
    }

    /// All that this role may do in a project.
    pub fn permissions(self) -> impl Iterator<Item = Permission> {
        Permission::ALL
            .iter()
            .copied()
            .filter(move |permission| self.may(*permission))
    }
}

impl Permission {
    /// The scope under which an API key has this; absent where it takes a
    /// person. A key never may more than its creator.
    pub const fn scope(self) -> Option<Scope> {
        match self {
            Self::ReadProject => Some(Scope::ProjectRead),
            Self::CallTools => Some(Scope::ToolsCall),
            Self::ReadLogs => Some(Scope::LogsRead),
            Self::ReadPayloads => Some(Scope::LogsPayloads),
            Self::WriteServers
            | Self::WriteStdioServers
            | Self::WriteOwnApiKeys
            | Self::WriteAllApiKeys
            | Self::WriteMembers
            | Self::WriteProject => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_higher_role_may_all_that_a_lower_one_may() {
        for pair in Role::ALL.windows(2) {
            assert!(pair[0] < pair[1]);
            for permission in pair[0].permissions() {
                assert!(
                    pair[1].may(permission),
                    "{} may {permission}, {} may not",
                    pair[0],
                    pair[1]
                );
            }
        }
    }

    #[test]
    fn only_an_owner_runs_programs_on_the_host() {
        let may: Vec<_> = Role::ALL
            .iter()
            .filter(|role| role.may(Permission::WriteStdioServers))
            .collect();
        assert_eq!(may, [&Role::Owner]);
    }
}
