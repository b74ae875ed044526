use proto::logging::{
    ingest_service_server::IngestServiceServer, server_logs_service_server::ServerLogsServiceServer,
    sessions_service_server::SessionsServiceServer, tool_calls_service_server::ToolCallsServiceServer,
};
use service_host::{Background, Shutdown};
use tonic::service::Routes;

use crate::{ingest::Ingest, store::Store};

mod ingest;
mod server_logs;
mod sessions;
mod tool_calls;

/// One batch may hold a record with two whole payloads; gateways send 1 MiB.
const MAX_BATCH_BYTES: usize = 32 * 1024 * 1024;

/// A page of 500 calls with payloads of 64 KiB.
const MAX_PAGE_BYTES: usize = 128 * 1024 * 1024;

/// Everything that the service answers.
pub(crate) fn routes(ingest: Ingest, store: Store, background: Background, shutdown: &Shutdown) -> Routes {
    let tool_calls = tool_calls::ToolCalls {
        store: store.clone(),
        ingest: ingest.clone(),
        shutdown: shutdown.clone(),
    };
    let server_logs = server_logs::ServerLogs {
        store: store.clone(),
        ingest: ingest.clone(),
        shutdown: shutdown.clone(),
    };
    let ingest = ingest::IngestRpc {
        ingest,
        background,
        shutdown: shutdown.clone(),
    };
    Routes::new(IngestServiceServer::new(ingest).max_decoding_message_size(MAX_BATCH_BYTES))
        .add_service(ToolCallsServiceServer::new(tool_calls).max_encoding_message_size(MAX_PAGE_BYTES))
        .add_service(SessionsServiceServer::new(sessions::Sessions { store }))
        .add_service(ServerLogsServiceServer::new(server_logs))
}
