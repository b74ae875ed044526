use std::sync::Arc;

use domain::InvitationId;
use proto::{
    convert::FromWire as _,
    projects::{
        self as wire, AcceptInvitationRequest, AcceptInvitationResponse, CreateInvitationRequest,
        CreateInvitationResponse, DeclineInvitationRequest, DeclineInvitationResponse,
        ListInvitationsRequest, ListInvitationsResponse, ListMyInvitationsRequest, ListMyInvitationsResponse,
        ResendInvitationRequest, ResendInvitationResponse, RevokeInvitationRequest, RevokeInvitationResponse,
        invitations_service_server::InvitationsService,
    },
};
use service_error::ServiceError;
use tonic::{Request, Response, Status};

use super::{Invitation, Invitations};
use crate::{members::rpc::parse_role, places::Places};

/// `mcporch.projects.v1.InvitationsService`.
pub(crate) struct InvitationsRpc {
    pub(crate) invitations: Arc<Invitations>,
    pub(crate) places: Arc<Places>,
}

#[tonic::async_trait]
impl InvitationsService for InvitationsRpc {
    async fn create_invitation(
        &self,
        request: Request<CreateInvitationRequest>,
    ) -> Result<Response<CreateInvitationResponse>, Status> {
        let caller = self.places.access.caller(request.metadata()).await?;
        let request = request.into_inner();
        let entered = self.places.manage(&caller, request.place).await?;
        let role = parse_role(request.role)?;
        let (invitation, token) = self.invitations.create(&entered, &request.email, role).await?;
        Ok(Response::new(CreateInvitationResponse {
            invitation: Some(to_wire(invitation)),
            token: token.expose().to_owned(),
        }))
    }

    async fn list_invitations(
        &self,
        request: Request<ListInvitationsRequest>,
    ) -> Result<Response<ListInvitationsResponse>, Status> {
        let caller = self.places.access.caller(request.metadata()).await?;
        let entered = self.places.manage(&caller, request.into_inner().place).await?;
        let invitations = self.invitations.list(entered.place).await?;
        Ok(Response::new(ListInvitationsResponse {
            invitations: invitations.into_iter().map(to_wire).collect(),
        }))
    }

    async fn resend_invitation(
        &self,
        request: Request<ResendInvitationRequest>,
    ) -> Result<Response<ResendInvitationResponse>, Status> {
        let caller = self.places.access.caller(request.metadata()).await?;
        let request = request.into_inner();
        let entered = self.places.manage(&caller, request.place).await?;
        let (invitation, token) = self.invitations.resend(&entered, parse_id(&request.id)?).await?;
        Ok(Response::new(ResendInvitationResponse {
            invitation: Some(to_wire(invitation)),
            token: token.expose().to_owned(),
        }))
    }

    async fn revoke_invitation(
        &self,
        request: Request<RevokeInvitationRequest>,
    ) -> Result<Response<RevokeInvitationResponse>, Status> {
        let caller = self.places.access.caller(request.metadata()).await?;
        let request = request.into_inner();
        let entered = self.places.manage(&caller, request.place).await?;
        self.invitations.revoke(&entered, parse_id(&request.id)?).await?;
        Ok(Response::new(RevokeInvitationResponse {}))
    }

    async fn list_my_invitations(
        &self,
        request: Request<ListMyInvitationsRequest>,
    ) -> Result<Response<ListMyInvitationsResponse>, Status> {
        let caller = self.places.access.caller(request.metadata()).await?;
        let invitations = self.invitations.mine(caller.person()?).await?;
        Ok(Response::new(ListMyInvitationsResponse {
            invitations: invitations.into_iter().map(to_wire).collect(),
        }))
    }

    async fn accept_invitation(
        &self,
        request: Request<AcceptInvitationRequest>,
    ) -> Result<Response<AcceptInvitationResponse>, Status> {
        let caller = self.places.access.caller(request.metadata()).await?;
        let token = request.into_inner().token;
        let invitation = self.invitations.accept(&caller, &token).await?;
        Ok(Response::new(AcceptInvitationResponse {
            invitation: Some(to_wire(invitation)),
        }))
    }

    async fn decline_invitation(
        &self,
        request: Request<DeclineInvitationRequest>,
    ) -> Result<Response<DeclineInvitationResponse>, Status> {
        let caller = self.places.access.caller(request.metadata()).await?;
        let token = request.into_inner().token;
        self.invitations.decline(&caller, &token).await?;
        Ok(Response::new(DeclineInvitationResponse {}))
    }
}

/// What is no id is the id of no invitation.
fn parse_id(text: &str) -> Result<InvitationId, ServiceError> {
    text.parse().map_err(|_| ServiceError::not_found("invitation"))
}

fn to_wire(invitation: Invitation) -> wire::Invitation {
    wire::Invitation {
        id: invitation.id.to_string(),
        place: Some(invitation.place.to_wire()),
        place_name: invitation.place_name,
        email: invitation.email,
        role: invitation.role.to_wire(),
        created_by_user_id: invitation
            .created_by
            .map(|user| user.to_string())
            .unwrap_or_default(),
        created_at_us: invitation.created_at.as_micros(),
        expires_at_us: invitation.expires_at.as_micros(),
    }
}
