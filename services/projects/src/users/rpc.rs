use std::sync::Arc;

use access::ServiceName;
use domain::Timestamp;
use proto::projects as wire;
use secrecy::SecretString;
use service_error::ServiceError;
use tonic::{Request, Response, Status};

use super::{Applicant, User, UserChange, Users};
use crate::{
    access::{Access, session_token},
    activities::Origin,
    names,
    projects::{Projects, rpc::own_to_wire as project_to_wire},
    sessions::{NewSession, OwnSession, Sessions},
    teams::{Teams, rpc::to_wire as team_to_wire},
};

/// `mcporch.projects.v1.UsersService`.
pub(crate) struct UsersRpc {
    pub(crate) users: Arc<Users>,
    pub(crate) access: Arc<Access>,
    pub(crate) sessions: Sessions,
    pub(crate) teams: Arc<Teams>,
    pub(crate) projects: Arc<Projects>,
}

#[tonic::async_trait]
impl wire::users_service_server::UsersService for UsersRpc {
    async fn sign_up(
        &self,
        request: Request<wire::SignUpRequest>,
    ) -> Result<Response<wire::SignUpResponse>, Status> {
        let applicant = match request.extensions().get() {
            Some(ServiceName::Operator) => Applicant::Operator,
            _ => Applicant::Stranger(Origin::from_metadata(request.metadata())),
        };
        let message = request.into_inner();
        let password = SecretString::from(message.password);
        let invitation = message.invitation_token.as_deref();
        let made = self
            .users
            .sign_up(applicant, &message.email, &message.name, password, invitation);
        let (user, session) = made.await?;
        Ok(Response::new(wire::SignUpResponse {
            user: Some(user.into()),
            session: Some(session.into()),
        }))
    }

    async fn get_sign_up(
        &self,
        _request: Request<wire::GetSignUpRequest>,
    ) -> Result<Response<wire::GetSignUpResponse>, Status> {
        let state = self.users.sign_up_state().await?;
        Ok(Response::new(wire::GetSignUpResponse {
            is_open: state.is_open,
            is_first: state.is_first,
        }))
    }

    async fn sign_in(
        &self,
        request: Request<wire::SignInRequest>,
    ) -> Result<Response<wire::SignInResponse>, Status> {
        let origin = Origin::from_metadata(request.metadata());
        let message = request.into_inner();
        let password = SecretString::from(message.password);
        let (user, session) = self.users.sign_in(&origin, &message.email, password).await?;
        Ok(Response::new(wire::SignInResponse {
            user: Some(user.into()),
            session: Some(session.into()),
        }))
    }

    async fn sign_out(
        &self,
        request: Request<wire::SignOutRequest>,
    ) -> Result<Response<wire::SignOutResponse>, Status> {
        self.access.sign_out(request.metadata()).await?;
        Ok(Response::new(wire::SignOutResponse {}))
    }

    async fn create_sign_in_link(
        &self,
        request: Request<wire::CreateSignInLinkRequest>,
    ) -> Result<Response<wire::CreateSignInLinkResponse>, Status> {
        let user_id = request.into_inner().user_id;
        let user_id = user_id.parse().map_err(|_| ServiceError::not_found("user"))?;
        let (token, expires_at) = self.users.create_sign_in_link(user_id).await?;
        Ok(Response::new(wire::CreateSignInLinkResponse {
            token: token.expose().to_owned(),
            expires_at_us: expires_at.as_micros(),
        }))
    }

    async fn redeem_sign_in_link(
        &self,
        request: Request<wire::RedeemSignInLinkRequest>,
    ) -> Result<Response<wire::RedeemSignInLinkResponse>, Status> {
        let origin = Origin::from_metadata(request.metadata());
        let token = request.into_inner().token;
        let (user, session) = self.users.redeem_sign_in_link(&token, &origin).await?;
        Ok(Response::new(wire::RedeemSignInLinkResponse {
            user: Some(user.into()),
            session: Some(session.into()),
        }))
    }

    async fn get_me(
        &self,
        request: Request<wire::GetMeRequest>,
    ) -> Result<Response<wire::GetMeResponse>, Status> {
        let caller = self.access.caller(request.metadata()).await?;
        let user = caller.person()?.clone();
        let teams = self.teams.list(&user).await?.into_iter();
        let projects = self.projects.list(&caller, 0, "").await?.items.into_iter();
        Ok(Response::new(wire::GetMeResponse {
            user: Some(user.into()),
            teams: teams.map(team_to_wire).collect(),
            projects: projects.map(project_to_wire).collect(),
        }))
    }

    async fn update_me(
        &self,
        request: Request<wire::UpdateMeRequest>,
    ) -> Result<Response<wire::UpdateMeResponse>, Status> {
        let caller = self.access.caller(request.metadata()).await?;
        let name = request.into_inner().name;
        let name = name.as_deref().map(names::parse).transpose()?;
        let change = UserChange {
            name,
            ..UserChange::default()
        };
        let id = caller.person()?.id;
        let user = self.users.update(&caller.actor(), id, change).await?;
        Ok(Response::new(wire::UpdateMeResponse {
            user: Some(user.into()),
        }))
    }

    async fn delete_me(
        &self,
        request: Request<wire::DeleteMeRequest>,
    ) -> Result<Response<wire::DeleteMeResponse>, Status> {
        let caller = self.access.caller(request.metadata()).await?;
        let password = SecretString::from(request.into_inner().password);
        self.users.delete(&caller, password).await?;
        Ok(Response::new(wire::DeleteMeResponse {}))
    }

    async fn change_password(
        &self,
        request: Request<wire::ChangePasswordRequest>,
    ) -> Result<Response<wire::ChangePasswordResponse>, Status> {
        let caller = self.access.caller(request.metadata()).await?;
        caller.person()?;
        let session = session_token(request.metadata())?;
        let message = request.into_inner();
        let (current, new) = (message.current_password.into(), message.new_password.into());
        self.users
            .change_password(&caller, &session, current, new)
            .await?;
        Ok(Response::new(wire::ChangePasswordResponse {}))
    }

    async fn list_web_sessions(
        &self,
        request: Request<wire::ListWebSessionsRequest>,
    ) -> Result<Response<wire::ListWebSessionsResponse>, Status> {
        let caller = self.access.caller(request.metadata()).await?;
        let user = caller.person()?;
        let current = session_token(request.metadata())?;
        let sessions = self.sessions.list(user, &current).await?;
        Ok(Response::new(wire::ListWebSessionsResponse {
            sessions: sessions.into_iter().map(wire::WebSessionInfo::from).collect(),
        }))
    }

    async fn revoke_web_sessions(
        &self,
        request: Request<wire::RevokeWebSessionsRequest>,
    ) -> Result<Response<wire::RevokeWebSessionsResponse>, Status> {
        let caller = self.access.caller(request.metadata()).await?;
        caller.person()?;
        let current = session_token(request.metadata())?;
        let id = request.into_inner().id;
        if id.is_empty() {
            self.sessions.revoke_others(&caller, &current).await?;
        } else {
            let id = id.parse().map_err(|_| ServiceError::not_found("session"))?;
            self.sessions.revoke(&caller, id).await?;
        }
        Ok(Response::new(wire::RevokeWebSessionsResponse {}))
    }
}

impl From<OwnSession> for wire::WebSessionInfo {
    fn from(own: OwnSession) -> Self {
        Self {
            id: own.session.id.to_string(),
            created_at_us: own.created_at.as_micros(),
            last_used_at_us: own.session.last_used_at.as_micros(),
            expires_at_us: own.session.expires_at.as_micros(),
            client_address: own
                .origin
                .address
                .map(|address| address.to_string())
                .unwrap_or_default(),
            user_agent: own.origin.user_agent,
            is_current: own.is_current,
        }
    }
}

impl From<User> for wire::User {
    fn from(user: User) -> Self {
        Self {
            id: user.id.to_string(),
            email: user.email,
            name: user.name,
            is_admin: user.is_admin,
            is_active: user.is_active,
            created_at_us: user.created_at.as_micros(),
            last_login_at_us: user.last_login_at.map(Timestamp::as_micros),
        }
    }
}

impl From<NewSession> for wire::WebSession {
    fn from(session: NewSession) -> Self {
        Self {
            token: session.token.expose().to_owned(),
            expires_at_us: session.expires_at.as_micros(),
        }
    }
}
