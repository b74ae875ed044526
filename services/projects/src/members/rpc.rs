use std::sync::Arc;

use domain::{InvitedAs, Role, UserId};
use proto::{
    convert::FromWire as _,
    projects::{
        self as wire, ListMembersRequest, ListMembersResponse, RemoveMemberRequest, RemoveMemberResponse,
        TransferOwnershipRequest, TransferOwnershipResponse, UpdateMemberRequest, UpdateMemberResponse,
        members_service_server::MembersService,
    },
};
use service_error::ServiceError;
use tonic::{Request, Response, Status};

use super::{Member, Members};
use crate::places::Places;

/// `mcporch.projects.v1.MembersService`.
pub(crate) struct MembersRpc {
    pub(crate) members: Arc<Members>,
    pub(crate) places: Arc<Places>,
}

#[tonic::async_trait]
impl MembersService for MembersRpc {
    async fn list_members(
        &self,
        request: Request<ListMembersRequest>,
    ) -> Result<Response<ListMembersResponse>, Status> {
        let caller = self.places.access.caller(request.metadata()).await?;
        let entered = self.places.enter(&caller, request.into_inner().place).await?;
        let members = self.members.list(entered.place).await?;
        Ok(Response::new(ListMembersResponse {
            members: members.into_iter().map(to_wire).collect(),
        }))
    }

    async fn update_member(
        &self,
        request: Request<UpdateMemberRequest>,
    ) -> Result<Response<UpdateMemberResponse>, Status> {
        let caller = self.places.access.caller(request.metadata()).await?;
        let request = request.into_inner();
        let entered = self.places.manage(&caller, request.place).await?;
        let role = parse_role(request.role)?;
        self.members
            .update(&entered, parse_user(&request.user_id)?, role)
            .await?;
        Ok(Response::new(UpdateMemberResponse {}))
    }

    async fn remove_member(
        &self,
        request: Request<RemoveMemberRequest>,
    ) -> Result<Response<RemoveMemberResponse>, Status> {
        let caller = self.places.access.caller(request.metadata()).await?;
        let request = request.into_inner();
        let user_id = parse_user(&request.user_id)?;
        // Whoever is in may leave.
        let entered = if caller.person()?.id == user_id {
            self.places.enter(&caller, request.place).await?
        } else {
            self.places.manage(&caller, request.place).await?
        };
        self.members.remove(&entered, user_id).await?;
        Ok(Response::new(RemoveMemberResponse {}))
    }

    async fn transfer_ownership(
        &self,
        request: Request<TransferOwnershipRequest>,
    ) -> Result<Response<TransferOwnershipResponse>, Status> {
        let caller = self.places.access.caller(request.metadata()).await?;
        let request = request.into_inner();
        let entered = self.places.manage(&caller, request.place).await?;
        self.members
            .transfer(&entered, parse_user(&request.user_id)?)
            .await?;
        Ok(Response::new(TransferOwnershipResponse {}))
    }
}

pub(crate) fn parse_role(value: i32) -> Result<Role, ServiceError> {
    Role::from_wire(value)
        .ok_or_else(|| ServiceError::invalid("role", format!("expected one of {}", Role::WORDS.join(", "))))
}

/// What is no id is the id of nobody.
fn parse_user(text: &str) -> Result<UserId, ServiceError> {
    text.parse().map_err(|_| ServiceError::not_found("member"))
}

fn to_wire(member: Member) -> wire::Member {
    wire::Member {
        user_id: member.user_id.to_string(),
        email: member.email,
        name: member.name,
        is_active: member.is_active,
        role: member.role.to_wire(),
        own_role: member.own_role.map_or(0, Role::to_wire),
        invited_as: member.invited_as.map_or(0, InvitedAs::to_wire),
        created_at_us: member.created_at.as_micros(),
    }
}
