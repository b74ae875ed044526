use crate::text_enum::text_enum;

text_enum! {
    /// What somebody did. Calls of tools are not among it: they have a log of
    /// their own.
    pub enum ActivityType {
        /// Somebody made a project.
        ProjectCreated = "project_created",
        /// Its name or description changed.
        ProjectUpdated = "project_updated",
        /// It went into the trash.
        ProjectDeleted = "project_deleted",
        /// It came back out of the trash.
        ProjectRestored = "project_restored",
        /// Its time in the trash was over: it is gone for good.
        ProjectPurged = "project_purged",
        /// What is kept of its calls, or who may see it, changed.
        ProjectSettingsChanged = "project_settings_changed",
        /// Somebody made a team.
        TeamCreated = "team_created",
        /// Its name changed.
        TeamUpdated = "team_updated",
        /// It went into the trash.
        TeamDeleted = "team_deleted",
        /// It came back out of the trash.
        TeamRestored = "team_restored",
        /// Its time in the trash was over: it is gone for good.
        TeamPurged = "team_purged",
        /// A team was granted a role in a project, or another one.
        TeamGranted = "team_granted",
        /// A team was taken out of a project.
        TeamRemoved = "team_removed",
        /// A member was given another role.
        MemberRoleChanged = "member_role_changed",
        /// A member was taken out.
        MemberRemoved = "member_removed",
        /// A member left.
        MemberLeft = "member_left",
        /// A member was made the owner.
        OwnershipTransferred = "ownership_transferred",
        /// Somebody was invited.
        InvitationCreated = "invitation_created",
        /// An invitation was given a new link.
        InvitationResent = "invitation_resent",
        /// An invitation was taken back.
        InvitationRevoked = "invitation_revoked",
        /// Who was invited came in.
        InvitationAccepted = "invitation_accepted",
        /// Who was invited does not want to come in.
        InvitationDeclined = "invitation_declined",
        /// Somebody made an API key.
        ApiKeyCreated = "api_key_created",
        /// What an API key may changed.
        ApiKeyUpdated = "api_key_updated",
        /// An API key was ended.
        ApiKeyRevoked = "api_key_revoked",
        /// A server was added.
        ServerCreated = "server_created",
        /// How a server is reached, its name, or its switch changed.
        ServerUpdated = "server_updated",
        /// A server was removed.
        ServerDeleted = "server_deleted",
        /// Secrets of a server changed, and nothing else of it.
        SecretsChanged = "secrets_changed",
        /// Tools of a server were switched off or on.
        ToolsSwitched = "tools_switched",
        /// Somebody kept a view of the call log.
        SavedViewCreated = "saved_view_created",
        /// A saved view was changed.
        SavedViewUpdated = "saved_view_updated",
        /// A saved view was removed.
        SavedViewDeleted = "saved_view_deleted",
        /// Somebody made an account.
        UserCreated = "user_created",
        /// Who somebody is, or what they are here, changed.
        UserUpdated = "user_updated",
        /// An account was deleted.
        UserDeleted = "user_deleted",
        /// An account has another password.
        PasswordChanged = "password_changed",
        /// Somebody signed in.
        SignedIn = "signed_in",
        /// Somebody signed out.
        SignedOut = "signed_out",
        /// A session was ended from another one.
        SessionRevoked = "session_revoked",
        /// A link was made that signs somebody in.
        SignInLinkCreated = "sign_in_link_created",
        /// Calls were exported with arguments and results.
        PayloadsExported = "payloads_exported",
        /// An administrator looked at what is not theirs.
        AdministratorLooked = "administrator_looked",
        /// Secrets were sealed under a new key of the deployment.
        SecretsKeyRotated = "secrets_key_rotated",
    }
}
