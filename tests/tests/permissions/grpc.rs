//! Each method of the services, called with an empty message.

use access::{ServiceIdentity, ServiceName, ServiceSecret};
use prost_types::FileDescriptorSet;
use service_host::{Channel, DialOptions, dial};
use tests::Stack;
use tonic::{Code, Request, Status, service::interceptor::InterceptedService};
use tonic_types::StatusExt as _;

/// Every method of the contracts, such as `mcporch.projects.v1.UsersService/SignUp`.
pub(crate) fn methods() -> Vec<String> {
    let described: FileDescriptorSet =
        prost::Message::decode(proto::FILE_DESCRIPTOR_SET).expect("descriptors");
    let mut methods = Vec::new();
    for file in &described.file {
        for service in &file.service {
            let name = |method: &prost_types::MethodDescriptorProto| {
                format!("{}.{}/{}", file.package(), service.name(), method.name())
            };
            methods.extend(service.method.iter().map(name));
        }
    }
    methods
}

/// The services of a stack.
pub(crate) struct Services {
    projects: Channel,
    logging: Channel,
    gateway: Channel,
    secret: ServiceSecret,
}

impl Services {
    pub(crate) fn of(stack: &Stack) -> Self {
        let channel = |url| dial(url, DialOptions::default()).expect("an address");
        Self {
            projects: channel(stack.projects_url()),
            logging: channel(stack.logging_url()),
            gateway: channel(stack.gateway_url()),
            secret: stack.secret().clone(),
        }
    }
}

/// Calls as the caller of that column. `nobody` is the http-gateway with the
/// credential of nobody.
pub(crate) async fn ask(services: &Services, method: &str, caller: &str) -> (String, String) {
    let channel = match method.split('.').nth(1) {
        Some("projects") => services.projects.clone(),
        Some("logging") => services.logging.clone(),
        Some("gateway") => services.gateway.clone(),
        other => panic!("which service serves {other:?}?"),
    };
    let token = match caller {
        "none" => None,
        "foreign" => Some(ServiceSecret::generate().token_for(ServiceName::Operator)),
        "nobody" => Some(services.secret.token_for(ServiceName::HttpGateway)),
        service => {
            let service = service.parse::<ServiceName>().expect("a column is a service");
            Some(services.secret.token_for(service))
        }
    };
    let answer = match token {
        None => call(tonic::client::Grpc::new(channel), method).await,
        Some(token) => {
            let signed: InterceptedService<Channel, _> =
                InterceptedService::new(channel, ServiceIdentity::new(token));
            call(tonic::client::Grpc::new(signed), method).await
        }
    };
    let Err(status) = answer else {
        return ("ok".to_owned(), "an answer".to_owned());
    };
    let reason = status
        .get_details_error_info()
        .map(|info| info.reason)
        .unwrap_or_default();
    let outcome = match (status.code(), reason.as_str()) {
        (Code::Unauthenticated, "service_token_required") => "401",
        (Code::PermissionDenied, "service_not_allowed") if caller == "nobody" => "-",
        (Code::PermissionDenied, "service_not_allowed") => "403",
        (Code::Unauthenticated, _) if caller == "nobody" => "401",
        // It passed who may call; that it asks for nothing is another matter.
        _ => "ok",
    };
    assert_ne!(status.code(), Code::Unimplemented, "{method}");
    (outcome.to_owned(), format!("{:?} {reason}", status.code()))
}

/// A stream that began is an answer.
async fn call<S>(mut client: tonic::client::Grpc<S>, method: &str) -> Result<(), Status>
where
    S: tonic::client::GrpcService<tonic::body::Body>,
    S::ResponseBody: tonic::codegen::Body<Data = tonic::codegen::Bytes> + Send + 'static,
    <S::ResponseBody as tonic::codegen::Body>::Error: Into<tonic::codegen::StdError> + Send,
{
    client
        .ready()
        .await
        .map_err(|error| Status::from_error(error.into()))?;
    let codec = tonic_prost::ProstCodec::<(), ()>::default();
    let path = format!("/{method}").parse().expect("a path");
    client
        .server_streaming(Request::new(()), path, codec)
        .await
        .map(|_| ())
}
