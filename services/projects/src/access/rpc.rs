use std::sync::Arc;

use domain::{ActivityType, Permission};
use proto::{convert::FromWire, projects as wire};
use service_error::ServiceError;
use tonic::{Request, Response, Status};

use super::{Access, Identity};
use crate::activities::Deed;
use crate::projects::rpc::to_wire as project_to_wire;

/// `mcporch.projects.v1.AccessService`.
pub(crate) struct AccessRpc {
    pub(crate) access: Arc<Access>,
}

#[tonic::async_trait]
impl wire::access_service_server::AccessService for AccessRpc {
    async fn authorize(
        &self,
        request: Request<wire::AuthorizeRequest>,
    ) -> Result<Response<wire::AuthorizeResponse>, Status> {
        let caller = self.access.caller(request.metadata()).await?;
        let message = request.into_inner();
        let needed = read_permissions(&message.permissions)?;
        let granted = self.access.authorize(&caller, &message.project, &needed).await?;
        if message.exports_payloads && granted.permissions.contains(&Permission::ReadPayloads) {
            let deed = Deed::in_project(ActivityType::PayloadsExported, granted.project.id);
            self.access.record(&caller, deed).await?;
        }
        let (user_id, api_key_id) = match caller.identity {
            Identity::Person(user) => (user.id, None),
            Identity::Key(holder) => (holder.user_id, Some(holder.id.to_string())),
        };
        Ok(Response::new(wire::AuthorizeResponse {
            project: Some(project_to_wire(granted.project, granted.role)),
            permissions: granted.permissions.into_iter().map(Permission::to_wire).collect(),
            user_id: Some(user_id.to_string()),
            api_key_id,
        }))
    }
}

/// A permission of a newer release is one that nobody has here.
fn read_permissions(wanted: &[i32]) -> Result<Vec<Permission>, ServiceError> {
    wanted
        .iter()
        .map(|value| {
            Permission::from_wire(*value)
                .ok_or_else(|| ServiceError::invalid("permissions", format!("{value} is no permission")))
        })
        .collect()
}
