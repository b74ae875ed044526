//! The service as the other services meet it: real gRPC on a free port.

use std::{collections::BTreeSet, time::Duration};

use access::{Credential, KeyHash, Pepper, ServiceIdentity, ServiceName, ServiceSecret, ServiceToken};
use database::testing::{Engine, TestDatabase};
use domain::Clock;
use projects::{Config, Listeners};
use prost_types::FileDescriptorSet;
use proto::projects::{
    ApiKeySnapshot, AuthorizeRequest, CreateApiKeyRequest, CreateProjectRequest, CreateServerRequest,
    CreateSignInLinkRequest, GetMeRequest, Permission, ProjectSnapshot, RevokeApiKeyRequest,
    ServerDefinition, SignInRequest, SignUpRequest, StdioTransport, WatchRequest, WatchResponse, WebSession,
    access_service_client::AccessServiceClient, api_keys_service_client::ApiKeysServiceClient,
    projects_service_client::ProjectsServiceClient, server_definition::Transport,
    servers_service_client::ServersServiceClient, snapshot_service_client::SnapshotServiceClient,
    users_service_client::UsersServiceClient, watch_response::Event,
};
use service_error::ServiceError;
use service_host::{Channel, DialOptions, Host, HostConfig, Listener, dial};
use tonic::{
    Code, IntoRequest as _, Request, Status, Streaming,
    service::{Interceptor as _, interceptor::InterceptedService},
};

type Connection = InterceptedService<Channel, ServiceIdentity>;

/// The service on a database of its own.
struct Service {
    host: Host,
    channel: Channel,
    secret: ServiceSecret,
    database: TestDatabase,
    _folder: tempfile::TempDir,
}

impl Service {
    async fn start(engine: Engine) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let database = TestDatabase::create(engine).await;
        let secret = ServiceSecret::generate();
        let config = Config {
            database_url: database.url().to_owned(),
            data_dir: folder.path().to_owned(),
            service_secret: Some(secret.clone()),
            ..Config::default()
        };
        let grpc = Listener::bind(([127, 0, 0, 1], 0).into()).expect("a free port");
        let url = format!("http://{}", grpc.local_addr());
        let mut host = Host::new(HostConfig::default(), Clock::system()).expect("a host");
        projects::start(config, Listeners { grpc }, &mut host)
            .await
            .expect("it starts");
        Self {
            channel: dial(&url, DialOptions::default()).expect("a URL"),
            host,
            secret,
            database,
            _folder: folder,
        }
    }

    /// The service as another one reaches it.
    fn as_service(&self, name: ServiceName) -> Connection {
        self.with_token(self.secret.token_for(name))
    }

    fn with_token(&self, token: ServiceToken) -> Connection {
        InterceptedService::new(self.channel.clone(), ServiceIdentity::new(token))
    }

    async fn stop(self) {
        self.host.shut_down().await.expect("it stops in good order");
        self.database.remove().await;
    }
}

/// A request in somebody's name.
fn by<T>(credential: &str, message: T) -> Request<T> {
    let mut request = message.into_request();
    Credential::parse(credential)
        .expect("a credential")
        .attach(request.metadata_mut());
    request
}

fn reason(status: Status) -> (Code, String) {
    (status.code(), ServiceError::from(status).reason)
}

async fn next(events: &mut Streaming<WatchResponse>) -> Event {
    let message = tokio::time::timeout(Duration::from_secs(10), events.message());
    let message = message
        .await
        .expect("a sign of life")
        .expect("no failure")
        .expect("not the end");
    message.event.expect("an event of this release")
}

/// The state of the project when it is as wanted.
async fn project_when(
    events: &mut Streaming<WatchResponse>,
    is_wanted: impl Fn(&ProjectSnapshot) -> bool,
) -> ProjectSnapshot {
    let seen = async {
        loop {
            if let Event::Project(project) = next(events).await
                && is_wanted(&project)
            {
                return project;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), seen)
        .await
        .expect("the change is told")
}

fn echo_server(project: &str, name: &str) -> CreateServerRequest {
    CreateServerRequest {
        project: project.to_owned(),
        name: name.to_owned(),
        definition: Some(ServerDefinition {
            transport: Some(Transport::Stdio(StdioTransport {
                command: "echo-server".to_owned(),
                args: vec!["--loud".to_owned()],
                env: [("TOKEN".to_owned(), "a secret".to_owned())].into(),
                cwd: None,
            })),
            secrets: [("API_KEY".to_owned(), "a sealed secret".to_owned())].into(),
            ..ServerDefinition::default()
        }),
        is_enabled: None,
    }
}

async fn sign_up(web: &Connection) -> WebSession {
    let request = SignUpRequest {
        email: "kim@example.com".to_owned(),
        password: "a few words are fine".to_owned(),
        name: "Kim".to_owned(),
        ..SignUpRequest::default()
    };
    let answer = UsersServiceClient::new(web.clone())
        .sign_up(request)
        .await
        .expect("the first account");
    answer.into_inner().session.expect("signed in")
}

async fn walk_from_sign_up_to_snapshot(engine: Engine) {
    let service = Service::start(engine).await;
    let web = service.as_service(ServiceName::HttpGateway);

    let gateway = service.as_service(ServiceName::McpGateway);
    let mut events = SnapshotServiceClient::new(gateway)
        .watch(WatchRequest {})
        .await
        .expect("watching")
        .into_inner();
    let Event::Started(started) = next(&mut events).await else {
        panic!("the pepper comes first")
    };
    let pepper = Pepper::from_bytes(&started.api_key_pepper).expect("a pepper");
    assert!(
        matches!(next(&mut events).await, Event::Completed(_)),
        "nothing is there yet"
    );
    assert!(
        matches!(next(&mut events).await, Event::Unchanged(_)),
        "the stream shows that it lives"
    );

    let session = sign_up(&web).await;
    let token = session.token.as_str();
    let request = by(token, GetMeRequest {});
    let me = UsersServiceClient::new(web.clone())
        .get_me(request)
        .await
        .expect("signed in")
        .into_inner();
    let me = me.user.expect("a user");
    assert!(me.is_admin);

    let request = CreateProjectRequest {
        name: "Acme".to_owned(),
        ..CreateProjectRequest::default()
    };
    let made = ProjectsServiceClient::new(web.clone())
        .create_project(by(token, request))
        .await;
    let project = made.expect("made").into_inner().project.expect("a project");
    assert_eq!(project.slug, "acme");
    project_when(&mut events, |told| told.id == project.id).await;

    let request = by(token, echo_server("acme", "Echo"));
    let made = ServersServiceClient::new(web.clone())
        .create_server(request)
        .await;
    let mut server = made.expect("made").into_inner().server.expect("a server");
    assert_eq!(server.secrets[0].name, "API_KEY");
    assert!(
        !format!("{server:?}").contains("sealed"),
        "nobody reads a secret back"
    );
    let told = project_when(&mut events, |told| !told.servers.is_empty()).await;
    let definition = server.definition.as_mut().expect("a definition");
    definition.secrets = [("API_KEY".to_owned(), "a sealed secret".to_owned())].into();
    assert_eq!(
        told.servers,
        [server],
        "the gateway is told what was answered, and the secrets"
    );
    let again = ServersServiceClient::new(web.clone())
        .create_server(by(token, echo_server("acme", "ECHO")))
        .await;
    assert_eq!(
        reason(again.expect_err("taken")),
        (Code::AlreadyExists, "server_name_taken".to_owned())
    );

    let request = CreateApiKeyRequest {
        project: "acme".to_owned(),
        name: "laptop".to_owned(),
        ..CreateApiKeyRequest::default()
    };
    let made = ApiKeysServiceClient::new(web.clone())
        .create_api_key(by(token, request))
        .await;
    let made = made.expect("made").into_inner();
    let text = access::ApiKey::parse(&made.key).expect("a key of our form");
    let told = project_when(&mut events, |told| !told.api_keys.is_empty()).await;
    let [ApiKeySnapshot { lookup_id, hash, .. }] = told.api_keys.as_slice() else {
        panic!("one key")
    };
    assert_eq!(lookup_id, text.lookup_id());
    assert!(
        KeyHash::from_bytes(hash)
            .expect("a hash")
            .matches(&text.hash(&pepper))
    );

    let authorize = |project: &str, credential: &str| {
        let request = AuthorizeRequest {
            exports_payloads: false,
            project: project.to_owned(),
            permissions: vec![Permission::CallTools.into()],
        };
        let mut client = AccessServiceClient::new(web.clone());
        let request = by(credential, request);
        async move { client.authorize(request).await }
    };
    let granted = authorize("acme", &made.key).await.expect("granted").into_inner();
    let key = made.api_key.expect("a key");
    assert_eq!(
        (granted.user_id, granted.api_key_id),
        (Some(me.id.clone()), Some(key.id.clone()))
    );
    assert_eq!(
        authorize("acme", token)
            .await
            .expect("granted")
            .into_inner()
            .api_key_id,
        None
    );
    assert_eq!(
        reason(authorize("other", &made.key).await.expect_err("of another")),
        (Code::PermissionDenied, "other_project".to_owned())
    );
    assert_eq!(
        authorize("other", token).await.expect_err("none").code(),
        Code::NotFound
    );

    let request = RevokeApiKeyRequest {
        project: "acme".to_owned(),
        id: key.id,
    };
    ApiKeysServiceClient::new(web.clone())
        .revoke_api_key(by(token, request))
        .await
        .expect("revoked");
    project_when(&mut events, |told| told.api_keys.is_empty()).await;
    assert_eq!(
        authorize("acme", &made.key).await.expect_err("revoked").code(),
        Code::Unauthenticated
    );

    // The open watch must not hold up the end.
    service.stop().await;
}

#[tokio::test]
async fn a_newcomer_gets_from_sign_up_to_a_key_that_gateways_know_on_sqlite() {
    Box::pin(walk_from_sign_up_to_snapshot(Engine::Sqlite)).await;
}

#[tokio::test]
async fn a_newcomer_gets_from_sign_up_to_a_key_that_gateways_know_on_postgres() {
    Box::pin(walk_from_sign_up_to_snapshot(Engine::Postgres)).await;
}

/// Every method of the service's contract.
fn methods() -> BTreeSet<String> {
    let described: FileDescriptorSet =
        prost::Message::decode(proto::FILE_DESCRIPTOR_SET).expect("descriptors");
    let files = described
        .file
        .iter()
        .filter(|file| file.package() == "mcporch.projects.v1");
    files
        .flat_map(|file| &file.service)
        .flat_map(|service| {
            let methods = service.method.iter();
            methods.map(|method| format!("/mcporch.projects.v1.{}/{}", service.name(), method.name()))
        })
        .collect()
}

/// What a call with an empty message answers; `Ok` for a stream that began.
async fn call(connection: Connection, path: &str) -> Code {
    let mut client = tonic::client::Grpc::new(connection);
    client.ready().await.expect("connected");
    let codec = tonic_prost::ProstCodec::<(), ()>::default();
    let answer = client
        .server_streaming(Request::new(()), path.parse().expect("a path"), codec)
        .await;
    let Err(status) = answer else { return Code::Ok };
    status.code()
}

/// Which services may call a method, written down a second time on purpose.
fn may_call(method: &str) -> &'static [ServiceName] {
    match method {
        "/mcporch.projects.v1.SnapshotService/Watch"
        | "/mcporch.projects.v1.ApiKeysService/RecordKeyUses" => &[ServiceName::McpGateway],
        "/mcporch.projects.v1.SettingsService/ListRetention"
        | "/mcporch.projects.v1.TrashService/ListPurgedProjects" => &[ServiceName::Logging],
        "/mcporch.projects.v1.UsersService/CreateSignInLink"
        | "/mcporch.projects.v1.AdministrationService/RotateSecretsKey"
        | "/mcporch.projects.v1.AdministrationService/SetPassword" => &[ServiceName::Operator],
        _ => &[ServiceName::HttpGateway, ServiceName::Operator],
    }
}

#[tokio::test]
async fn each_method_is_open_to_the_services_of_its_line_and_to_nobody_else() {
    let service = Service::start(Engine::Sqlite).await;
    let foreign = ServiceSecret::generate();
    let methods = methods();
    assert!(methods.len() >= 19, "{methods:?}");
    for method in &methods {
        for name in ServiceName::ALL {
            let code = call(service.as_service(*name), method).await;
            let is_refused = code == Code::PermissionDenied;
            assert_eq!(
                is_refused,
                !may_call(method).contains(name),
                "{name} calls {method}: {code:?}"
            );
            assert_ne!(code, Code::Unimplemented, "{method}");
            let code = call(service.with_token(foreign.token_for(*name)), method).await;
            assert_eq!(code, Code::Unauthenticated, "a foreign {name} calls {method}");
        }
    }
    service.stop().await;
}

#[tokio::test]
async fn a_call_without_a_service_token_is_refused_whatever_credential_it_brings() {
    let service = Service::start(Engine::Sqlite).await;
    let session = sign_up(&service.as_service(ServiceName::HttpGateway)).await;
    let bare = UsersServiceClient::new(service.channel.clone())
        .get_me(by(&session.token, GetMeRequest {}))
        .await;
    assert_eq!(
        reason(bare.expect_err("no token")),
        (Code::Unauthenticated, "service_token_required".to_owned())
    );
    let mut forged = by(&session.token, GetMeRequest {});
    forged
        .metadata_mut()
        .insert("x-mcporch-service", "operator".parse().expect("ASCII"));
    let forged = UsersServiceClient::new(service.channel.clone())
        .get_me(forged)
        .await;
    assert_eq!(forged.expect_err("a bare name").code(), Code::Unauthenticated);
    service.stop().await;
}

#[tokio::test]
async fn the_address_that_the_http_gateway_names_is_what_attempts_are_counted_by() {
    let service = Service::start(Engine::Sqlite).await;
    let mut identity = ServiceIdentity::new(service.secret.token_for(ServiceName::HttpGateway));
    let mut attempt = async |number: u32, address: &str| {
        let mut request = Request::new(SignInRequest {
            email: format!("kim{number}@example.com"),
            password: String::new(),
        });
        let value = address.parse().expect("ASCII");
        request
            .metadata_mut()
            .insert(access::CLIENT_ADDRESS_METADATA, value);
        let (metadata, extensions, message) = request.into_parts();
        let with_token = identity
            .call(Request::from_parts(metadata, extensions, ()))
            .expect("signed");
        let (metadata, extensions, ()) = with_token.into_parts();
        let request = Request::from_parts(metadata, extensions, message);
        let refusal = UsersServiceClient::new(service.channel.clone())
            .sign_in(request)
            .await;
        refusal.expect_err("no such account").code()
    };
    for number in 0..100 {
        assert_eq!(
            attempt(number, "192.0.2.1").await,
            Code::Unauthenticated,
            "attempt {number}"
        );
    }
    assert_eq!(attempt(100, "192.0.2.1").await, Code::ResourceExhausted);
    assert_eq!(
        attempt(101, "192.0.2.2").await,
        Code::Unauthenticated,
        "another address"
    );
    service.stop().await;
}

#[tokio::test]
async fn what_was_made_is_there_after_a_restart_with_the_same_keys() {
    let folder = tempfile::tempdir().expect("a folder");
    let secret = ServiceSecret::generate();
    let mut tokens = Vec::new();
    for start in 0..2 {
        let config = Config {
            database_url: format!("sqlite://{}", folder.path().join("projects.db").display()),
            data_dir: folder.path().to_owned(),
            service_secret: Some(secret.clone()),
            ..Config::default()
        };
        let grpc = Listener::bind(([127, 0, 0, 1], 0).into()).expect("a free port");
        let url = format!("http://{}", grpc.local_addr());
        let mut host = Host::new(HostConfig::default(), Clock::system()).expect("a host");
        projects::start(config, Listeners { grpc }, &mut host)
            .await
            .expect("it starts");
        let channel = dial(&url, DialOptions::default()).expect("a URL");
        let token = secret.token_for(ServiceName::Operator);
        let operator = InterceptedService::new(channel, ServiceIdentity::new(token));
        if start == 0 {
            tokens.push(sign_up(&operator).await.token);
        }
        let me = UsersServiceClient::new(operator.clone())
            .get_me(by(&tokens[0], GetMeRequest {}))
            .await;
        let user = me.expect("still signed in").into_inner().user.expect("a user");
        let request = CreateSignInLinkRequest { user_id: user.id };
        UsersServiceClient::new(operator)
            .create_sign_in_link(request)
            .await
            .expect("the operator may");
        host.shut_down().await.expect("it stops in good order");
    }
}
