use std::{sync::Arc, time::Duration};

use domain::{ProjectId, ServerId, SessionId};
use proto::{
    convert::{FromWire as _, parse_id},
    gateway::{
        ListUpstreamsRequest, ListUpstreamsResponse, RestartUpstreamRequest, RestartUpstreamResponse,
        TestServerRequest, TestServerResponse, Upstream, upstreams_service_server::UpstreamsService,
    },
    projects,
};
use service_error::{Code, ServiceError};
use tonic::{Request, Response, Status};

use super::{Rpc, invalid};
use crate::{
    directory::{Server, Snapshot, Transport},
    upstream,
};

/// The longest that a server may take, one way or the other, that is only
/// tried.
const TRIAL_LIMIT: Duration = Duration::from_mins(1);

#[tonic::async_trait]
impl UpstreamsService for Rpc {
    async fn list_upstreams(
        &self,
        request: Request<ListUpstreamsRequest>,
    ) -> Result<Response<ListUpstreamsResponse>, Status> {
        let project: ProjectId = parse_id("project_id", &request.into_inner().project_id).map_err(invalid)?;
        let upstreams = self.upstreams(project);
        Ok(Response::new(ListUpstreamsResponse { upstreams }))
    }

    async fn restart_upstream(
        &self,
        request: Request<RestartUpstreamRequest>,
    ) -> Result<Response<RestartUpstreamResponse>, Status> {
        let request = request.into_inner();
        let (project, server) = self.server(&request.project_id, &request.server_id)?;
        // How it went is what its upstream says now.
        let _ = self.0.upstreams.restart(&server).await;
        let upstream = self
            .upstreams(project.id)
            .into_iter()
            .find(|upstream| upstream.server_id == request.server_id && upstream.session_id.is_none());
        Ok(Response::new(RestartUpstreamResponse { upstream }))
    }

    async fn test_server(
        &self,
        request: Request<TestServerRequest>,
    ) -> Result<Response<TestServerResponse>, Status> {
        let request = request.into_inner();
        let project: ProjectId = parse_id("project_id", &request.project_id).map_err(invalid)?;
        let mut server: Server = projects::Server {
            id: ServerId::new(self.0.recorder.clock()).to_string(),
            project_id: project.to_string(),
            name: "test".to_owned(),
            definition: request.definition,
            is_enabled: true,
            ..projects::Server::default()
        }
        .try_into()
        .map_err(invalid)?;
        if matches!(server.transport, Transport::Stdio(_)) && !request.may_run_programs {
            return Err(ServiceError::new(
                Code::PermissionDenied,
                "forbidden",
                "trying a stdio server runs a program on this host; that takes an owner of the project",
            )
            .into());
        }
        server.timeout = server.timeout.min(TRIAL_LIMIT);
        server.init_timeout = server.init_timeout.min(TRIAL_LIMIT);
        let redactor = server.redactor.clone();
        let trial = self.0.upstreams.try_out(server).await;
        let hello = trial
            .connection
            .as_ref()
            .and_then(|connection| connection.hello());
        let of_hello = |read: fn(&upstream::Hello) -> &String| hello.map(read).cloned().unwrap_or_default();
        Ok(Response::new(TestServerResponse {
            is_ok: trial.error.is_empty(),
            error: redactor.text(&trial.error),
            revision: of_hello(|hello| &hello.revision),
            implementation_name: of_hello(|hello| &hello.name),
            implementation_version: of_hello(|hello| &hello.version),
            tools_json: trial.tools,
            stderr_excerpt: redactor.text(&trial.stderr),
            duration_us: trial.took.as_micros() as u64,
        }))
    }
}

impl Rpc {
    fn upstreams(&self, project: ProjectId) -> Vec<Upstream> {
        let snapshot = self.0.directory.snapshot();
        let list = self.0.upstreams.list(project).into_iter();
        list.map(|status| to_wire(&status, project, &snapshot)).collect()
    }
}

fn to_wire(status: &upstream::Status, project: ProjectId, snapshot: &Arc<Snapshot>) -> Upstream {
    // What a server says in its last words may be what it was given.
    let told = |words: &str| {
        let server = snapshot.server(project, status.server_id);
        server.map_or_else(String::new, |server| server.redactor.text(words))
    };
    let connection = status.connection.as_deref();
    let hello = connection.and_then(|connection| connection.hello());
    Upstream {
        server_id: status.server_id.to_string(),
        session_id: status.owner.map(|owner: SessionId| owner.to_string()),
        state: status.state.to_wire(),
        pid: connection.and_then(|connection| connection.pid),
        revision: hello.map_or_else(String::new, |hello| hello.revision.clone()),
        implementation_name: hello.map_or_else(String::new, |hello| hello.name.clone()),
        implementation_version: hello.map_or_else(String::new, |hello| hello.version.clone()),
        started_at_us: connection.map_or(0, |connection| connection.started_at.as_micros()),
        in_flight: connection.map_or(0, |connection| connection.in_flight() as u32),
        restarts: status.restarts,
        last_error: told(&status.last_error),
        last_exit: told(&status.last_exit),
        processes: status.usage.as_ref().map(|usage| usage.processes),
        rss_bytes: status.usage.as_ref().map(|usage| usage.rss_bytes),
        cpu_us: status.usage.as_ref().map(|usage| usage.cpu.as_micros() as u64),
    }
}
