use std::sync::Arc;

use domain::{PayloadMode, Permission};
use proto::{
    convert::{FromWire as _, parse_id},
    projects::{
        self as wire, GetSettingsRequest, GetSettingsResponse, ListRetentionRequest, ListRetentionResponse,
        UpdateSettingsRequest, UpdateSettingsResponse, settings_service_server::SettingsService,
    },
};
use service_error::ServiceError;
use tonic::{Request, Response, Status};

use super::{PayloadSettings, ProjectSettings, Retention, Settings, SettingsChange};
use crate::access::Access;

/// `mcporch.projects.v1.SettingsService`.
pub(crate) struct SettingsRpc {
    pub(crate) settings: ProjectSettings,
    pub(crate) access: Arc<Access>,
}

#[tonic::async_trait]
impl SettingsService for SettingsRpc {
    async fn get_settings(
        &self,
        request: Request<GetSettingsRequest>,
    ) -> Result<Response<GetSettingsResponse>, Status> {
        let caller = self.access.caller(request.metadata()).await?;
        let project = request.into_inner().project;
        let needed = [Permission::ReadProject];
        let granted = self.access.authorize(&caller, &project, &needed).await?;
        let settings = self.settings.get(&granted).await?;
        Ok(Response::new(GetSettingsResponse {
            settings: Some(to_wire(settings)),
        }))
    }

    async fn update_settings(
        &self,
        request: Request<UpdateSettingsRequest>,
    ) -> Result<Response<UpdateSettingsResponse>, Status> {
        let caller = self.access.caller(request.metadata()).await?;
        let request = request.into_inner();
        let needed = [Permission::WriteProject];
        let granted = self.access.authorize(&caller, &request.project, &needed).await?;
        let settings = self.settings.update(&granted, read_change(request)?).await?;
        Ok(Response::new(UpdateSettingsResponse {
            settings: Some(to_wire(settings)),
        }))
    }

    async fn list_retention(
        &self,
        request: Request<ListRetentionRequest>,
    ) -> Result<Response<ListRetentionResponse>, Status> {
        let after = request.into_inner().after_project_id;
        let after = after.as_deref().map(|id| parse_id("after_project_id", id));
        let after = after
            .transpose()
            .map_err(|error| ServiceError::invalid(error.field, error.problem))?;
        let listed = self.settings.retention(after).await?;
        let projects = listed
            .into_iter()
            .map(|(project, retention)| wire::ProjectRetention {
                project_id: project.to_string(),
                retention: Some(retention_to_wire(retention)),
            });
        Ok(Response::new(ListRetentionResponse {
            projects: projects.collect(),
        }))
    }
}

fn read_change(request: UpdateSettingsRequest) -> Result<SettingsChange, ServiceError> {
    let mode = request.payload_mode.map(|mode| {
        PayloadMode::from_wire(mode)
            .ok_or_else(|| ServiceError::invalid("payloads.mode", "expected full, redacted or metadata"))
    });
    Ok(SettingsChange {
        version: request.version,
        mode: mode.transpose()?,
        redacted_paths: request.redacted_paths.map(|paths| paths.paths),
        reporters_read_payloads: request.reporters_read_payloads,
        tool_calls_days: request.tool_calls_days,
        payloads_days: request.payloads_days,
        server_logs_days: request.server_logs_days,
        sessions_days: request.sessions_days,
    })
}

fn to_wire(settings: Settings) -> wire::Settings {
    wire::Settings {
        version: settings.version,
        payloads: Some(payloads_to_wire(settings.payloads)),
        reporters_read_payloads: settings.reporters_read_payloads,
        retention: Some(retention_to_wire(settings.retention)),
    }
}

pub(crate) fn payloads_to_wire(payloads: PayloadSettings) -> wire::PayloadSettings {
    wire::PayloadSettings {
        mode: payloads.mode.to_wire(),
        redacted_paths: payloads.redacted_paths,
    }
}

const fn retention_to_wire(retention: Retention) -> wire::Retention {
    wire::Retention {
        tool_calls_days: retention.tool_calls_days,
        payloads_days: retention.payloads_days,
        server_logs_days: retention.server_logs_days,
        sessions_days: retention.sessions_days,
    }
}
