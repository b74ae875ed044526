use std::sync::Arc;

use access::{GrpcAccess, Pepper, WrappingKeys};
use anyhow::Context as _;
use database::Database;
use proto::projects as wire;
use secrecy::ExposeSecret as _;
use service_host::{Host, Listener, OnFailure};
use tonic::service::Routes;

use crate::{
    Config, MIGRATIONS,
    access::{Access, rpc::AccessRpc},
    activities::{Activities, rpc::ActivitiesRpc},
    administration::{Administration, rpc::AdministrationRpc},
    allow_list::ALLOW_LIST,
    api_keys::{ApiKeys, rpc::ApiKeysRpc},
    idempotency::{Idempotency, rpc::IdempotencyRpc},
    invitations::{Invitations, rpc::InvitationsRpc},
    members::{Members, rpc::MembersRpc},
    passwords::Passwords,
    places::Places,
    projects::{Projects, rpc::ProjectsRpc},
    saved_views::{SavedViews, rpc::SavedViewsRpc},
    secrets::{KeyRing, Secrets},
    servers::{Servers, rpc::ServersRpc},
    sessions::Sessions,
    settings::{ProjectSettings, rpc::SettingsRpc},
    snapshot::{Changes, Snapshots, rpc::SnapshotRpc},
    teams::{Teams, rpc::TeamsRpc},
    trash::{self, Trash, rpc::TrashRpc},
    users::{Users, rpc::UsersRpc},
};

/// What the service listens on.
pub struct Listeners {
    /// For the other services.
    pub grpc: Listener,
}

/// Sets the service up and serves it. Ready when it returns.
pub async fn start(config: Config, listeners: Listeners, host: &mut Host) -> anyhow::Result<()> {
    config.validate()?;
    let readiness = host.readiness("projects");
    let secret = config
        .service_secret
        .clone()
        .context("projects needs the secret that the services of the deployment share")?;
    let pepper = Pepper::load_or_create(&config.pepper_file())?;
    let keys = match &config.secrets_key {
        Some(keys) => KeyRing::given(WrappingKeys::from_hex(keys.expose_secret()).context("secrets_key")?),
        None => KeyRing::of_file(config.secrets_key_file())?,
    };
    let database = Database::open(&config.database_url, &MIGRATIONS).await?;
    tracing::info!(engine = database.engine(), sign_up = ?config.sign_up, "projects starts");

    let clock = host.clock().clone();
    let changes = Changes::new(database.clone(), clock.clone());
    let sessions = Sessions::new(database.clone(), clock.clone(), changes.clone());
    let access = Access::new(
        database.clone(),
        clock.clone(),
        pepper.clone(),
        sessions.clone(),
        changes.clone(),
    );
    let access = Arc::new(access.letting_developers_run_programs(config.developers_run_programs));
    let users = Arc::new(Users::new(
        database.clone(),
        clock.clone(),
        changes.clone(),
        Passwords::new()?,
        sessions.clone(),
        config.sign_up,
    ));
    let secrets = Secrets::new(database.clone(), clock.clone(), keys);
    secrets.check_key().await?;
    let administration = Administration {
        database: database.clone(),
        clock: clock.clone(),
        changes: changes.clone(),
        sign_up: config.sign_up,
        secrets: secrets.clone(),
    };
    let projects = Arc::new(Projects::new(database.clone(), clock.clone(), changes.clone()));
    let servers = Servers::new(database.clone(), clock.clone(), changes.clone(), secrets.clone());
    let teams = Arc::new(Teams::new(database.clone(), clock.clone(), changes.clone()));
    let places = Arc::new(Places {
        access: access.clone(),
        teams: teams.clone(),
    });
    let members = Members::new(database.clone(), changes.clone());
    let invitations = Invitations::new(database.clone(), clock.clone(), changes.clone());
    let trash = Trash::new(database.clone(), clock.clone(), changes.clone());
    let api_keys = ApiKeys::new(database.clone(), clock.clone(), pepper.clone(), changes.clone());

    let routes = Routes::new(wire::access_service_server::AccessServiceServer::new(AccessRpc {
        access: access.clone(),
    }))
    .add_service(wire::users_service_server::UsersServiceServer::new(UsersRpc {
        users: users.clone(),
        access: access.clone(),
        sessions,
        teams: teams.clone(),
        projects: projects.clone(),
    }))
    .add_service(
        wire::administration_service_server::AdministrationServiceServer::new(AdministrationRpc {
            administration,
            users,
            access: access.clone(),
        }),
    )
    .add_service(wire::projects_service_server::ProjectsServiceServer::new(
        ProjectsRpc {
            projects,
            teams: teams.clone(),
            access: access.clone(),
        },
    ))
    .add_service(wire::servers_service_server::ServersServiceServer::new(
        ServersRpc {
            servers: Arc::new(servers),
            access: access.clone(),
        },
    ))
    .add_service(wire::teams_service_server::TeamsServiceServer::new(TeamsRpc {
        teams,
        access: access.clone(),
    }))
    .add_service(wire::members_service_server::MembersServiceServer::new(
        MembersRpc {
            members: Arc::new(members),
            places: places.clone(),
        },
    ))
    .add_service(wire::invitations_service_server::InvitationsServiceServer::new(
        InvitationsRpc {
            invitations: Arc::new(invitations),
            places: places.clone(),
        },
    ))
    .add_service(wire::activities_service_server::ActivitiesServiceServer::new(
        ActivitiesRpc {
            activities: Arc::new(Activities::new(database.clone())),
            places: places.clone(),
        },
    ))
    .add_service(wire::saved_views_service_server::SavedViewsServiceServer::new(
        SavedViewsRpc {
            saved_views: SavedViews::new(database.clone(), clock.clone(), changes.clone()),
            access: access.clone(),
        },
    ))
    .add_service(wire::settings_service_server::SettingsServiceServer::new(
        SettingsRpc {
            settings: ProjectSettings::new(database.clone(), changes.clone()),
            access: access.clone(),
        },
    ))
    .add_service(wire::trash_service_server::TrashServiceServer::new(TrashRpc {
        trash: trash.clone(),
        places,
    }))
    .add_service(wire::idempotency_service_server::IdempotencyServiceServer::new(
        IdempotencyRpc {
            idempotency: Idempotency {
                database: database.clone(),
                clock: clock.clone(),
                secrets: secrets.clone(),
            },
            access: access.clone(),
        },
    ))
    .add_service(wire::api_keys_service_server::ApiKeysServiceServer::new(
        ApiKeysRpc {
            api_keys: Arc::new(api_keys),
            access,
        },
    ))
    .add_service(wire::snapshot_service_server::SnapshotServiceServer::new(
        SnapshotRpc {
            snapshots: Snapshots::new(database, clock, changes, secrets),
            pepper,
            shutdown: host.shutdown(),
        },
    ));
    let routes = GrpcAccess::new(secret, ALLOW_LIST).guard(routes);
    host.tasks()
        .spawn("trash", OnFailure::Log, trash::run(trash, host.shutdown()));
    host.serve_grpc("projects", listeners.grpc, routes)?;
    readiness.ready();
    Ok(())
}
