use access::{
    AllowList,
    ServiceName::{self, HttpGateway, Logging, McpGateway, Operator},
};

/// Services that call in the name of a person or a key, whose credential they
/// bring.
const IN_SOMEBODYS_NAME: &[ServiceName] = &[HttpGateway, Operator];

/// Which service may call what. A method that is not here is closed to all.
pub(crate) const ALLOW_LIST: AllowList = &[
    ("mcporch.projects.v1.AccessService/Authorize", IN_SOMEBODYS_NAME),
    (
        "mcporch.projects.v1.ActivitiesService/ListActivities",
        IN_SOMEBODYS_NAME,
    ),
    (
        "mcporch.projects.v1.AdministrationService/GetSystem",
        IN_SOMEBODYS_NAME,
    ),
    (
        "mcporch.projects.v1.AdministrationService/ListAllApiKeys",
        IN_SOMEBODYS_NAME,
    ),
    (
        "mcporch.projects.v1.AdministrationService/ListAllProjects",
        IN_SOMEBODYS_NAME,
    ),
    (
        "mcporch.projects.v1.AdministrationService/ListAllTeams",
        IN_SOMEBODYS_NAME,
    ),
    (
        "mcporch.projects.v1.AdministrationService/ListUsers",
        IN_SOMEBODYS_NAME,
    ),
    (
        "mcporch.projects.v1.AdministrationService/RevokeAnyApiKey",
        IN_SOMEBODYS_NAME,
    ),
    // Changes what only whoever runs the deployment can undo.
    (
        "mcporch.projects.v1.AdministrationService/RotateSecretsKey",
        &[Operator],
    ),
    // Gives the caller the account of anybody.
    (
        "mcporch.projects.v1.AdministrationService/SetPassword",
        &[Operator],
    ),
    (
        "mcporch.projects.v1.AdministrationService/UpdateUser",
        IN_SOMEBODYS_NAME,
    ),
    (
        "mcporch.projects.v1.ApiKeysService/CreateApiKey",
        IN_SOMEBODYS_NAME,
    ),
    (
        "mcporch.projects.v1.ApiKeysService/ListApiKeys",
        IN_SOMEBODYS_NAME,
    ),
    ("mcporch.projects.v1.ApiKeysService/RecordKeyUses", &[McpGateway]),
    (
        "mcporch.projects.v1.ApiKeysService/RevokeApiKey",
        IN_SOMEBODYS_NAME,
    ),
    (
        "mcporch.projects.v1.ApiKeysService/UpdateApiKey",
        IN_SOMEBODYS_NAME,
    ),
    ("mcporch.projects.v1.IdempotencyService/Claim", IN_SOMEBODYS_NAME),
    (
        "mcporch.projects.v1.IdempotencyService/Complete",
        IN_SOMEBODYS_NAME,
    ),
    (
        "mcporch.projects.v1.IdempotencyService/Release",
        IN_SOMEBODYS_NAME,
    ),
    (
        "mcporch.projects.v1.InvitationsService/AcceptInvitation",
        IN_SOMEBODYS_NAME,
    ),
    (
        "mcporch.projects.v1.InvitationsService/CreateInvitation",
        IN_SOMEBODYS_NAME,
    ),
    (
        "mcporch.projects.v1.InvitationsService/DeclineInvitation",
        IN_SOMEBODYS_NAME,
    ),
    (
        "mcporch.projects.v1.InvitationsService/ListInvitations",
        IN_SOMEBODYS_NAME,
    ),
    (
        "mcporch.projects.v1.InvitationsService/ListMyInvitations",
        IN_SOMEBODYS_NAME,
    ),
    (
        "mcporch.projects.v1.InvitationsService/ResendInvitation",
        IN_SOMEBODYS_NAME,
    ),
    (
        "mcporch.projects.v1.InvitationsService/RevokeInvitation",
        IN_SOMEBODYS_NAME,
    ),
    (
        "mcporch.projects.v1.MembersService/ListMembers",
        IN_SOMEBODYS_NAME,
    ),
    (
        "mcporch.projects.v1.MembersService/RemoveMember",
        IN_SOMEBODYS_NAME,
    ),
    (
        "mcporch.projects.v1.MembersService/TransferOwnership",
        IN_SOMEBODYS_NAME,
    ),
    (
        "mcporch.projects.v1.MembersService/UpdateMember",
        IN_SOMEBODYS_NAME,
    ),
    (
        "mcporch.projects.v1.ProjectsService/CreateProject",
        IN_SOMEBODYS_NAME,
    ),
    (
        "mcporch.projects.v1.ProjectsService/GetProject",
        IN_SOMEBODYS_NAME,
    ),
    (
        "mcporch.projects.v1.ProjectsService/ListProjects",
        IN_SOMEBODYS_NAME,
    ),
    (
        "mcporch.projects.v1.ProjectsService/SetFavorite",
        IN_SOMEBODYS_NAME,
    ),
    (
        "mcporch.projects.v1.ProjectsService/UpdateProject",
        IN_SOMEBODYS_NAME,
    ),
    (
        "mcporch.projects.v1.SavedViewsService/CreateSavedView",
        IN_SOMEBODYS_NAME,
    ),
    (
        "mcporch.projects.v1.SavedViewsService/DeleteSavedView",
        IN_SOMEBODYS_NAME,
    ),
    (
        "mcporch.projects.v1.SavedViewsService/ListSavedViews",
        IN_SOMEBODYS_NAME,
    ),
    (
        "mcporch.projects.v1.SavedViewsService/UpdateSavedView",
        IN_SOMEBODYS_NAME,
    ),
    (
        "mcporch.projects.v1.ServersService/CreateServer",
        IN_SOMEBODYS_NAME,
    ),
    (
        "mcporch.projects.v1.ServersService/DeleteServer",
        IN_SOMEBODYS_NAME,
    ),
    ("mcporch.projects.v1.ServersService/GetServer", IN_SOMEBODYS_NAME),
    (
        "mcporch.projects.v1.ServersService/ImportServers",
        IN_SOMEBODYS_NAME,
    ),
    (
        "mcporch.projects.v1.ServersService/ListServers",
        IN_SOMEBODYS_NAME,
    ),
    (
        "mcporch.projects.v1.ServersService/SwitchTools",
        IN_SOMEBODYS_NAME,
    ),
    (
        "mcporch.projects.v1.ServersService/UpdateServer",
        IN_SOMEBODYS_NAME,
    ),
    (
        "mcporch.projects.v1.SettingsService/GetSettings",
        IN_SOMEBODYS_NAME,
    ),
    // Says which projects there are.
    ("mcporch.projects.v1.SettingsService/ListRetention", &[Logging]),
    (
        "mcporch.projects.v1.SettingsService/UpdateSettings",
        IN_SOMEBODYS_NAME,
    ),
    // Brings the pepper, the hashes of all keys, and what servers are started with.
    ("mcporch.projects.v1.SnapshotService/Watch", &[McpGateway]),
    ("mcporch.projects.v1.TeamsService/CreateTeam", IN_SOMEBODYS_NAME),
    ("mcporch.projects.v1.TeamsService/GetTeam", IN_SOMEBODYS_NAME),
    ("mcporch.projects.v1.TeamsService/GrantTeam", IN_SOMEBODYS_NAME),
    (
        "mcporch.projects.v1.TeamsService/ListProjectTeams",
        IN_SOMEBODYS_NAME,
    ),
    (
        "mcporch.projects.v1.TeamsService/ListTeamProjects",
        IN_SOMEBODYS_NAME,
    ),
    ("mcporch.projects.v1.TeamsService/ListTeams", IN_SOMEBODYS_NAME),
    ("mcporch.projects.v1.TeamsService/RemoveTeam", IN_SOMEBODYS_NAME),
    ("mcporch.projects.v1.TeamsService/UpdateTeam", IN_SOMEBODYS_NAME),
    ("mcporch.projects.v1.TrashService/Discard", IN_SOMEBODYS_NAME),
    // Says which projects there were.
    ("mcporch.projects.v1.TrashService/ListPurgedProjects", &[Logging]),
    ("mcporch.projects.v1.TrashService/ListTrash", IN_SOMEBODYS_NAME),
    ("mcporch.projects.v1.TrashService/Restore", IN_SOMEBODYS_NAME),
    (
        "mcporch.projects.v1.UsersService/ChangePassword",
        IN_SOMEBODYS_NAME,
    ),
    // Lets the caller in as anybody.
    ("mcporch.projects.v1.UsersService/CreateSignInLink", &[Operator]),
    ("mcporch.projects.v1.UsersService/DeleteMe", IN_SOMEBODYS_NAME),
    ("mcporch.projects.v1.UsersService/GetMe", IN_SOMEBODYS_NAME),
    ("mcporch.projects.v1.UsersService/GetSignUp", IN_SOMEBODYS_NAME),
    (
        "mcporch.projects.v1.UsersService/ListWebSessions",
        IN_SOMEBODYS_NAME,
    ),
    (
        "mcporch.projects.v1.UsersService/RedeemSignInLink",
        IN_SOMEBODYS_NAME,
    ),
    (
        "mcporch.projects.v1.UsersService/RevokeWebSessions",
        IN_SOMEBODYS_NAME,
    ),
    ("mcporch.projects.v1.UsersService/SignIn", IN_SOMEBODYS_NAME),
    ("mcporch.projects.v1.UsersService/SignOut", IN_SOMEBODYS_NAME),
    ("mcporch.projects.v1.UsersService/SignUp", IN_SOMEBODYS_NAME),
    ("mcporch.projects.v1.UsersService/UpdateMe", IN_SOMEBODYS_NAME),
];
