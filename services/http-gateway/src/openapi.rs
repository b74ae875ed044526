//! The OpenAPI document: collected from the handlers, completed by what is true
//! of all of them.

use service_error::Problem;
use utoipa::{
    Modify, OpenApi,
    openapi::{
        self, Content, PathItem, Ref, RefOr, Response,
        schema::{AdditionalProperties, ArrayItems, Object, Schema, SchemaType, Type},
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

/// The head of the document; paths and schemas come from the handlers.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "MCP Orchestrator",
        version = "1",
        description = "Everything that the web UI does, for programs too.\n\n\
            Times are RFC 3339 in UTC with microseconds, ids are UUIDs, words of closed sets are lower-case. Unknown \
            fields and unknown query parameters are refused with a suggestion. Lists are pages: follow `page.older` \
            backwards, poll with `page.newer`. Every refusal is a problem (RFC 9457) with a stable `code` and a \
            `request_id`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    servers((url = "/")),
    security(("session" = []), ("api_key" = [])),
    components(schemas(Problem)),
    modifiers(&SecuritySchemes),
    tags(
        (name = "auth", description = "Signing in and out"),
        (name = "projects", description = "Projects that the caller is in"),
        (name = "teams", description = "Teams of people, and what they may in projects"),
        (name = "members", description = "Who is in a team or a project, and as what"),
        (name = "invitations", description = "Inviting people, and coming in"),
        (name = "api-keys", description = "Keys with which programs reach a project"),
        (name = "activities", description = "What people did"),
        (name = "servers", description = "MCP servers of a project"),
        (name = "admin", description = "The deployment, for its administrators"),
        (name = "tools", description = "Tools of a server: look and try"),
        (name = "tool-calls", description = "Every call of a tool, whoever made it"),
        (name = "sessions", description = "Stays of MCP clients"),
        (name = "server-logs", description = "What servers write to stderr, and what became of them"),
    ),
)]
pub(crate) struct Head;

struct SecuritySchemes;

impl Modify for SecuritySchemes {
    fn modify(&self, document: &mut openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        components.add_security_scheme(
            "session",
            SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(
                "mcporch_session",
                "Set by signing in.",
            ))),
        );
        components.add_security_scheme(
            "api_key",
            SecurityScheme::Http(
                HttpBuilder::new()
                    .scheme(HttpAuthScheme::Bearer)
                    .description(Some(
                        "An API key of a project (`mcporch_…`), also taken in the header `X-API-Key`.",
                    ))
                    .build(),
            ),
        );
    }
}

/// The document as it is served and committed.
pub(crate) fn render(mut document: openapi::OpenApi) -> String {
    let refused = Response::builder()
        .description("Refused: a problem says why and what to do")
        .content(
            "application/problem+json",
            Content::new(Some(Ref::from_schema_name("Problem"))),
        )
        .build();
    let components = document.components.get_or_insert_default();
    components.responses.insert("Refused".to_owned(), refused.into());
    for (name, schema) in &mut components.schemas {
        if let RefOr::T(Schema::Object(schema)) = schema {
            complete_answer(name, schema);
        }
    }
    for operation in document.paths.paths.values_mut().flat_map(operations) {
        let refused = RefOr::Ref(Ref::from_response_name("Refused"));
        operation
            .responses
            .responses
            .insert("default".to_owned(), refused);
        for parameter in operation.parameters.iter_mut().flatten() {
            if let RefOr::T(parameter) = parameter
                && let Some(RefOr::T(Schema::Object(object))) = &mut parameter.schema
            {
                never_null(&mut object.schema_type);
            }
        }
    }
    document
        .to_pretty_json()
        .expect("a document is maps and texts, which are JSON")
        + "\n"
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut openapi::path::Operation> {
    [
        &mut item.get,
        &mut item.post,
        &mut item.put,
        &mut item.patch,
        &mut item.delete,
    ]
    .into_iter()
    .flatten()
}

/// What we answer leaves nothing out: what is absent is null. (What we are sent
/// may leave out a lot, and takes no other fields; a problem is a standard's.)
fn complete_answer(name: &str, schema: &mut Object) {
    let is_sent = matches!(
        schema.additional_properties.as_deref(),
        Some(AdditionalProperties::FreeForm(false))
    );
    if !is_sent && name != "Problem" {
        schema.required = schema.properties.keys().cloned().collect();
    }
    // A list is generic, and repeats its rows' whole schema without this.
    if let Some(row) = name.strip_prefix("List_")
        && let Some(RefOr::T(Schema::Array(data))) = schema.properties.get_mut("data")
    {
        data.items = ArrayItems::RefOrSchema(Box::new(RefOr::Ref(Ref::from_schema_name(row))));
    }
}

/// A parameter is there or not: a query string has no null.
fn never_null(schema_type: &mut SchemaType) {
    if let SchemaType::Array(kinds) = schema_type {
        kinds.retain(|kind| *kind != Type::Null);
        if let [kind] = kinds.as_slice() {
            *schema_type = SchemaType::Type(kind.clone());
        }
    }
}
