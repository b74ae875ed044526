use bytes::Bytes;
use http::uri::PathAndQuery;
use prost::Message as _;
use proto::logging::{AppendResponse, Record};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Status, Streaming};
use tonic_prost::ProstCodec;

use super::Client;

/// `IngestService.Append`
const APPEND: &str = "/mcporch.logging.v1.IngestService/Append";

/// An `AppendRequest` with its records as they lie in the spool: a message within
/// another is its bytes. To decode each record only to encode it again would cost as
/// much as to record it did.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Batch {
    #[prost(string, tag = "1")]
    pub(super) gateway_id: String,
    #[prost(uint64, tag = "2")]
    pub(super) epoch: u64,
    #[prost(uint64, tag = "3")]
    pub(super) first_seq: u64,
    #[prost(uint64, tag = "4")]
    pub(super) last_seq: u64,
    /// Each a `Record`.
    #[prost(bytes = "bytes", repeated, tag = "5")]
    pub(super) records: Vec<Bytes>,
}

impl Batch {
    /// Leaves out what is no record, which would have the call log refuse all of the
    /// batch, again and again. None of ours is: that is looked at only once a batch
    /// was not taken.
    pub(super) fn keep_records(&mut self) {
        self.records.retain(|bytes| {
            let decoded = Record::decode(bytes.clone());
            if let Err(error) = &decoded {
                tracing::error!(%error, "a frame of the spool is no record, leaving it out");
            }
            decoded.is_ok()
        });
    }
}

/// Opens a stream of batches, and of what is acknowledged.
pub(super) async fn append(
    mut client: Client,
    batches: mpsc::Receiver<Batch>,
) -> Result<Streaming<AppendResponse>, Status> {
    client
        .ready()
        .await
        .map_err(|error| Status::unavailable(error.to_string()))?;
    let request = Request::new(ReceiverStream::new(batches));
    let opened = client
        .streaming(request, PathAndQuery::from_static(APPEND), ProstCodec::default())
        .await?;
    Ok(opened.into_inner())
}

#[cfg(test)]
mod tests {
    use proto::logging::{AppendRequest, ServerLog, record};

    use super::*;

    #[test]
    fn what_is_no_record_is_left_out() {
        let record = Bytes::from(Record::default().encode_to_vec());
        let mut batch = Batch {
            records: vec![record.clone(), Bytes::from_static(b"\xff\xff"), record.clone()],
            ..Batch::default()
        };
        batch.keep_records();
        assert_eq!(batch.records, [record.clone(), record]);
    }

    #[test]
    fn the_bytes_are_those_of_the_contract() {
        let records = ["a", "", "c"].map(|line| Record {
            record: Some(record::Record::ServerLog(ServerLog {
                line: line.repeat(300),
                ..ServerLog::default()
            })),
        });
        let batch = Batch {
            gateway_id: "gateway".to_owned(),
            epoch: 3,
            first_seq: 300,
            last_seq: u64::MAX,
            records: records
                .iter()
                .map(|record| record.encode_to_vec().into())
                .collect(),
        };
        let request = AppendRequest {
            gateway_id: batch.gateway_id.clone(),
            epoch: batch.epoch,
            first_seq: batch.first_seq,
            last_seq: batch.last_seq,
            records: records.into(),
        };
        assert_eq!(batch.encode_to_vec(), request.encode_to_vec());
    }
}
