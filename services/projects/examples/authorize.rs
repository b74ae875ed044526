//! Asks the team/project service what a credential may do in a project, as every
//! service of a deployment does:
//!
//!     cargo run -p projects --example authorize -- DATA_FOLDER PROJECT [PROJECTS_URL] < credential
//!
//! The credential (an API key, or the token of a web session) comes from stdin. A
//! service shows that it is one by a token made of the secret that the services of
//! the deployment share; which service may call what, the service's allow list
//! says.

use std::{io::BufRead as _, path::Path};

use access::{Credential, ServiceIdentity, ServiceName, ServiceSecret};
use anyhow::Context as _;
use domain::Permission;
use proto::{
    convert::FromWire as _,
    projects::{AuthorizeRequest, access_service_client::AccessServiceClient},
};
use service_error::ServiceError;
use service_host::{DialOptions, dial};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: authorize DATA_FOLDER PROJECT [PROJECTS_URL] < credential";
    let (data, project) = arguments.next().zip(arguments.next()).context(usage)?;
    let url = arguments
        .next()
        .unwrap_or_else(|| "http://127.0.0.1:9101".to_owned());
    let mut credential = String::new();
    std::io::stdin().lock().read_line(&mut credential)?;

    // Who we are: a service of this deployment.
    let secret = ServiceSecret::load_or_create(&Path::new(&data).join("service-secret"))?;
    let identity = ServiceIdentity::new(secret.token_for(ServiceName::HttpGateway));
    // The connection is made by the first call, and made anew when it breaks.
    let channel = dial(&url, DialOptions::default())?;
    let mut access = AccessServiceClient::with_interceptor(channel, identity);

    // In whose name we ask.
    let mut request = tonic::Request::new(AuthorizeRequest {
        project,
        permissions: vec![Permission::ReadProject.to_wire()],
        exports_payloads: false,
    });
    Credential::parse(credential.trim())?.attach(request.metadata_mut());

    match access.authorize(request).await {
        Ok(answer) => {
            let answer = answer.into_inner();
            let project = answer.project.unwrap_or_default();
            println!("project {} ({})", project.slug, project.id);
            for permission in answer.permissions.into_iter().filter_map(Permission::from_wire) {
                println!("may {permission}");
            }
        }
        Err(status) => {
            // A refusal has a stable reason for programs, beside its words.
            let error = ServiceError::from(status);
            println!("refused: {} ({})", error.message, error.reason);
        }
    }
    Ok(())
}
