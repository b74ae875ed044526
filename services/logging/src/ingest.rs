use std::sync::Arc;

use database::DatabaseError;
use domain::{Clock, Timestamp};
use opentelemetry::{
    KeyValue,
    metrics::{Counter, Gauge},
};
use prost::{Message as _, bytes::Bytes};
use proto::logging::{AppendRequest, AppendResponse, Record, record::Record as Kind};
use service_error::{Code, ServiceError};
use tokio::sync::watch;
use uuid::Uuid;

use crate::{
    batch::{Batch, DeadLetterRow, Run},
    filter,
    store::{Store, Turns, Written},
    tool_call,
};

#[cfg(test)]
mod tests;

/// Records in one request. Gateways send a tenth of it.
const MAX_RECORDS: usize = 5_000;

/// Stores what gateways send.
#[derive(Debug, Clone)]
pub(crate) struct Ingest {
    store: Store,
    turns: Arc<Turns>,
    clock: Clock,
    committed: Arc<watch::Sender<u64>>,
    metrics: Metrics,
}

/// A run of records that can be stored.
#[derive(Debug)]
pub(crate) struct Prepared {
    sent: Sent,
    batch: Batch,
}

/// A run of records as it came: what the database refuses is sought in it.
#[derive(Debug)]
struct Sent {
    request: AppendRequest,
    run: Run,
}

#[derive(Debug, Clone)]
struct Metrics {
    tool_calls: Counter<u64>,
    dead_letters: Counter<u64>,
    seq_gaps: Gauge<u64>,
}

impl Ingest {
    pub(crate) fn new(store: Store, clock: Clock) -> Self {
        Self {
            store,
            turns: Arc::default(),
            clock,
            committed: Arc::new(watch::Sender::new(0)),
            metrics: Metrics::new(),
        }
    }

    /// For one stream of a gateway, whose transactions have an order of their own.
    pub(crate) fn of_a_stream(&self) -> Self {
        Self {
            turns: Arc::default(),
            ..self.clone()
        }
    }

    /// Waits until runs can be stored. Two transactions of a stream are under way at a time
    /// at most.
    pub(crate) async fn next_turn(&self) {
        self.turns.next().await;
    }

    /// Changes whenever something was committed.
    pub(crate) fn committed(&self) -> watch::Receiver<u64> {
        self.committed.subscribe()
    }

    /// Makes a run of records ready to be stored, on a thread of its own, from now on:
    /// compression is work for the processor, and while some runs are written the next
    /// ones can be made ready.
    pub(crate) fn prepare(
        &self,
        request: AppendRequest,
    ) -> impl Future<Output = Result<Prepared, ServiceError>> + use<> {
        let now = self.clock.now();
        let folding = read_run(&request, now).map(|run| {
            tokio::task::spawn_blocking(move || {
                let mut batch = Batch::fold(&request.records, run.gateway_id, now);
                batch.runs.push(run);
                let sent = Sent { request, run };
                Prepared { sent, batch }
            })
        });
        async move { folding?.await.map_err(ServiceError::internal) }
    }

    /// Stores runs of a gateway's records in one transaction and returns when it is
    /// durable. What cannot be stored is put aside and holds nothing up.
    pub(crate) async fn store(&self, prepared: Vec<Prepared>) -> Result<Vec<AppendResponse>, ServiceError> {
        let (sent, batches): (Vec<Sent>, Vec<Batch>) = prepared
            .into_iter()
            .map(|prepared| (prepared.sent, prepared.batch))
            .unzip();
        if sent.is_empty() {
            return Ok(Vec::new());
        }
        let batch = Batch::join(batches);
        let buried = batch.dead_letters.len();
        let gateway_id = sent[0].run.gateway_id;
        let is_continuous = match self.write(batch).await {
            Ok(written) => written.is_continuous,
            Err(error) if error.is_refused_value() => self.store_in_parts(&sent).await?,
            Err(error) => return Err(not_stored(error)),
        };
        if buried > 0 {
            tracing::warn!(%gateway_id, count = buried, "records put aside or changed to be storable");
            self.metrics.dead_letters.add(buried as u64, &[]);
        }
        if !is_continuous {
            self.report_holes().await.map_err(not_stored)?;
        }
        let acknowledged = sent.iter().map(|sent| AppendResponse {
            epoch: sent.request.epoch,
            first_seq: sent.request.first_seq,
            last_seq: sent.request.last_seq,
        });
        Ok(acknowledged.collect())
    }

    /// Stores runs whose records the database does not take together. Whether they
    /// continue those before them.
    async fn store_in_parts(&self, sent: &[Sent]) -> Result<bool, ServiceError> {
        let mut is_continuous = true;
        for Sent { request, run } in sent {
            let letters = self.bisect(&request.records, run.gateway_id).await?;
            let rest = Batch {
                dead_letters: letters,
                runs: vec![*run],
                ..Batch::default()
            };
            is_continuous &= self.write(rest).await.map_err(not_stored)?.is_continuous;
        }
        Ok(is_continuous)
    }

    #[cfg(test)]
    pub(crate) async fn append(&self, request: AppendRequest) -> Result<AppendResponse, ServiceError> {
        let prepared = self.prepare(request).await?;
        Ok(self.store(vec![prepared]).await?.remove(0))
    }

    /// Sets the metric of holes.
    pub(crate) async fn report_holes(&self) -> Result<(), DatabaseError> {
        self.metrics.seq_gaps.record(self.store.holes().await?, &[]);
        Ok(())
    }

    /// Stores records in ever smaller parts until each that the database
    /// refuses stands alone. Returns those.
    async fn bisect(&self, records: &[Bytes], gateway_id: Uuid) -> Result<Vec<DeadLetterRow>, ServiceError> {
        let mut refused = Vec::new();
        let mut parts = vec![records];
        while let Some(part) = parts.pop() {
            let batch = Batch::fold(part, gateway_id, self.clock.now());
            match (self.write(batch).await, part) {
                (Ok(_), _) => {}
                (Err(error), [record]) if error.is_refused_value() => {
                    let problem = with_causes(&error);
                    tracing::warn!(%gateway_id, problem, "the database refused a record, which is put aside");
                    self.write_bare(record, gateway_id).await?;
                    refused.push(DeadLetterRow::new(record, gateway_id, self.clock.now(), &problem));
                }
                (Err(error), _) if error.is_refused_value() => {
                    let (first, second) = part.split_at(part.len() / 2);
                    parts.extend([second, first]);
                }
                (Err(error), _) => return Err(not_stored(error)),
            }
        }
        self.metrics.dead_letters.add(refused.len() as u64, &[]);
        Ok(refused)
    }

    /// Stores of a call that the database refused what it can hardly refuse, so
    /// that it is seen that there was one.
    async fn write_bare(&self, record: &Bytes, gateway_id: Uuid) -> Result<(), ServiceError> {
        let Ok(Record {
            record: Some(Kind::ToolCall(call)),
        }) = Record::decode(record.clone())
        else {
            return Ok(());
        };
        let bare = Record {
            record: Some(Kind::ToolCall(tool_call::without_texts(&call))),
        };
        // Its bytes are buried as they came, not these.
        let batch = Batch {
            dead_letters: Vec::new(),
            ..Batch::fold(&[bare.to_bytes()], gateway_id, self.clock.now())
        };
        match self.write(batch).await {
            Err(error) if !error.is_refused_value() => Err(not_stored(error)),
            _ => Ok(()),
        }
    }

    async fn write(&self, batch: Batch) -> Result<Written, DatabaseError> {
        let written = self.store.write(batch, &self.turns).await?;
        self.metrics.count_calls(&written);
        self.committed.send_modify(|commits| *commits += 1);
        Ok(written)
    }
}

impl Metrics {
    /// Each counter is there from the start, so that its first count is seen as a
    /// change.
    fn new() -> Self {
        let meter = opentelemetry::global::meter("logging");
        let metrics = Self {
            tool_calls: meter
                .u64_counter("log_tool_calls")
                .with_description("Tool calls that gateways sent: new, finished, or repeated")
                .build(),
            dead_letters: meter
                .u64_counter("log_dead_letters")
                .with_description("Records that could not be stored as what they are")
                .build(),
            seq_gaps: meter
                .u64_gauge("log_seq_gaps_total")
                .with_description("Holes in what gateways sent; passes while a backlog is overtaken")
                .build(),
        };
        metrics.count_calls(&Written::default());
        metrics.dead_letters.add(0, &[]);
        metrics
    }

    fn count_calls(&self, written: &Written) {
        for (outcome, count) in [
            ("new", written.new_calls),
            ("finished", written.finished_calls),
            ("repeated", written.repeated_calls),
        ] {
            self.tool_calls.add(count, &[KeyValue::new("outcome", outcome)]);
        }
    }
}

fn read_run(request: &AppendRequest, now: Timestamp) -> Result<Run, ServiceError> {
    let number = |field: &'static str, value: u64| {
        i64::try_from(value).map_err(|_| ServiceError::invalid(field, "is too large"))
    };
    let run = Run {
        gateway_id: filter::id("gateway_id", &request.gateway_id)?,
        epoch: number("epoch", request.epoch)?,
        first_seq: number("first_seq", request.first_seq)?,
        last_seq: number("last_seq", request.last_seq)?,
        received_at: now.as_micros(),
    };
    if run.first_seq == 0 || run.last_seq < run.first_seq {
        return Err(ServiceError::invalid(
            "last_seq",
            "expected first_seq or more, and numbers from 1 on",
        ));
    }
    if request.records.len() > MAX_RECORDS {
        return Err(ServiceError::invalid(
            "records",
            format!("expected at most {MAX_RECORDS}"),
        ));
    }
    Ok(run)
}

/// Whatever it is, the gateway keeps the records and sends them again.
fn not_stored(error: DatabaseError) -> ServiceError {
    tracing::error!(error = with_causes(&error), "a batch could not be stored");
    ServiceError::new(
        Code::Unavailable,
        "not_stored",
        "the call log cannot be written at the moment; send again in a few seconds",
    )
    .caused_by(error)
}

fn with_causes(error: &DatabaseError) -> String {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}"));
    format!("{error}{}", cause.unwrap_or_default())
}
