//! Every address, on one screen. Paths stand at the handlers, beside what the
//! OpenAPI document says of them.

use axum::{Router, extract::DefaultBodyLimit, middleware, routing::get};
use tower_http::compression::CompressionLayer;
use utoipa::OpenApi as _;
use utoipa_axum::{router::OpenApiRouter, routes};

mod activities;
mod admin;
mod api_keys;
mod auth;
mod connect;
mod invitations;
mod me;
mod members;
mod project_teams;
mod projects;
mod saved_views;
mod server_logs;
mod servers;
mod sessions;
mod settings;
mod teams;
mod tool_calls;
mod tools;
mod trash;

pub(crate) use server_logs::ServerLog;
pub(crate) use tool_calls::{CursorQuery, Payloads, ToolCall};

use crate::{
    app::App,
    csrf, docs_page, idempotency, json_body, openapi, problems, security_headers,
    stray_parameters::{self, WithoutParameters},
    web_files,
};

/// The REST API, below `/api/v1`.
fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(auth::get_sign_up, auth::sign_up))
        .routes(routes!(auth::sign_in))
        .routes(routes!(auth::sign_out))
        .routes(routes!(auth::redeem_sign_in_link))
        .routes(routes!(auth::change_password))
        .routes(routes!(me::get, me::update, me::delete))
        .routes(routes!(me::sessions::list, me::sessions::revoke_others))
        .routes(routes!(me::sessions::revoke))
        .routes(routes!(trash::list))
        .routes(routes!(projects::list, projects::create))
        .routes(routes!(projects::get, projects::update, trash::delete_project))
        .routes(routes!(trash::restore_project))
        .routes(routes!(projects::mark, projects::unmark))
        .routes(routes!(settings::get, settings::update))
        .routes(routes!(connect::list))
        .routes(routes!(connect::get))
        .routes(routes!(members::of_project::list))
        .routes(routes!(members::of_project::update, members::of_project::remove))
        .routes(routes!(members::of_project::leave))
        .routes(routes!(members::of_project::transfer))
        .routes(routes!(
            invitations::of_project::list,
            invitations::of_project::create
        ))
        .routes(routes!(invitations::of_project::revoke))
        .routes(routes!(invitations::of_project::resend))
        .routes(routes!(project_teams::list))
        .routes(routes!(project_teams::grant, project_teams::remove))
        .routes(routes!(teams::list, teams::create))
        .routes(routes!(teams::get, teams::update, trash::delete_team))
        .routes(routes!(trash::restore_team))
        .routes(routes!(teams::projects))
        .routes(routes!(members::of_team::list))
        .routes(routes!(members::of_team::update, members::of_team::remove))
        .routes(routes!(members::of_team::leave))
        .routes(routes!(members::of_team::transfer))
        .routes(routes!(invitations::of_team::list, invitations::of_team::create))
        .routes(routes!(invitations::of_team::revoke))
        .routes(routes!(invitations::of_team::resend))
        .routes(routes!(invitations::mine))
        .routes(routes!(invitations::accept))
        .routes(routes!(invitations::decline))
        .routes(routes!(api_keys::list, api_keys::create))
        .routes(routes!(api_keys::update, api_keys::revoke))
        .routes(routes!(servers::list, servers::create))
        .routes(routes!(servers::get, servers::update, servers::delete))
        .routes(routes!(servers::status))
        .routes(routes!(servers::restart))
        .routes(routes!(servers::try_out))
        .routes(routes!(servers::import))
        .routes(routes!(tools::list, servers::switch_tools))
        .routes(routes!(servers::switch_tool))
        .routes(routes!(tools::call))
        .routes(routes!(activities::of_project))
        .routes(routes!(activities::of_team))
        .routes(routes!(activities::of_deployment))
        .routes(routes!(admin::users))
        .routes(routes!(admin::update_user))
        .routes(routes!(admin::teams))
        .routes(routes!(admin::projects))
        .routes(routes!(admin::api_keys))
        .routes(routes!(admin::revoke_api_key))
        .routes(routes!(admin::system))
        .routes(routes!(tool_calls::list))
        .routes(routes!(tool_calls::get))
        .routes(routes!(tool_calls::summarize))
        .routes(routes!(tool_calls::figures::histogram))
        .routes(routes!(tool_calls::figures::timeseries))
        .routes(routes!(tool_calls::figures::facets))
        .routes(routes!(tool_calls::figures::breakdown))
        .routes(routes!(tool_calls::export::export))
        .routes(routes!(tool_calls::payload::get))
        .routes(routes!(tool_calls::stream))
        .routes(routes!(saved_views::list, saved_views::create))
        .routes(routes!(saved_views::update, saved_views::delete))
        .routes(routes!(sessions::list))
        .routes(routes!(sessions::get))
        .routes(routes!(server_logs::list))
        .routes(routes!(server_logs::stream))
}

/// Everything that this service serves.
pub(crate) fn router(app: App) -> Router {
    let (api, document) = documented();
    let without_parameters = WithoutParameters::of(&document);
    let document = openapi::render(document);
    api.route("/api/openapi.json", get(docs_page::document(document)))
        .route("/api/docs", get(docs_page::page))
        .route("/api/docs/{file}", get(docs_page::file))
        .fallback(web_files::serve)
        // Innermost: what it takes for an answer has passed no other layer.
        .layer(middleware::from_fn_with_state(app.clone(), idempotency::once))
        .layer(DefaultBodyLimit::max(json_body::LIMIT_BYTES))
        .layer(middleware::from_fn_with_state(
            without_parameters,
            stray_parameters::refuse,
        ))
        // In the order in which an answer meets them: a refusal of the check is
        // completed too, and everything that leaves is compressed (event
        // streams and images are not) and has its headers.
        .layer(middleware::from_fn_with_state(app.clone(), csrf::check))
        .layer(middleware::from_fn(problems::complete))
        .layer(CompressionLayer::new())
        .layer(middleware::from_fn_with_state(app.clone(), security_headers::add))
        .with_state(app)
}

/// The OpenAPI document, as it is served.
pub fn openapi_document() -> String {
    openapi::render(documented().1)
}

fn documented() -> (Router<App>, utoipa::openapi::OpenApi) {
    OpenApiRouter::with_openapi(openapi::Head::openapi())
        .nest("/api/v1", api())
        .split_for_parts()
}

/// A service answered without what its answer is about.
pub(crate) fn incomplete(part: &'static str) -> service_error::ServiceError {
    tracing::error!(part, "a service left out a part of its answer");
    service_error::ServiceError::new(
        service_error::Code::Internal,
        "internal",
        "this failed on our side; the request id finds it in the logs",
    )
}

/// An id in a path. What is no id names nothing.
fn id_in_path<I: std::str::FromStr + ToString>(
    text: &str,
    what: &str,
) -> Result<String, service_error::ServiceError> {
    match text.parse::<I>() {
        Ok(id) => Ok(id.to_string()),
        Err(_) => Err(service_error::ServiceError::not_found(what)),
    }
}
