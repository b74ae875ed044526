use std::sync::Arc;

use spool::{Spool, Usage};

type Figure = (&'static str, &'static str, fn(&Usage) -> u64);

const FIGURES: [Figure; 5] = [
    ("spool_bytes", "What the spool holds", |usage| usage.bytes),
    ("spool_capacity_bytes", "What the spool may hold", |usage| {
        usage.capacity_bytes
    }),
    ("spool_segments", "Files of the spool", |usage| usage.segments),
    ("spool_open_calls", "Calls whose outcome is awaited", |usage| {
        usage.open
    }),
    (
        "spool_unacknowledged_frames",
        "Records that the logging service has not acknowledged",
        |usage| usage.unacknowledged,
    ),
];

/// Has the figures of a spool read whenever metrics are.
pub(super) fn register(spool: &Arc<Spool>) {
    let meter = opentelemetry::global::meter("mcp-gateway");
    for (name, description, read) in FIGURES {
        // Metrics outlive the service; they must not keep its spool locked.
        let spool = Arc::downgrade(spool);
        meter
            .u64_observable_gauge(name)
            .with_description(description)
            .with_callback(move |observer| {
                if let Some(spool) = spool.upgrade() {
                    observer.observe(read(&spool.usage()), &[]);
                }
            })
            .build();
    }
    let quarantined = Arc::downgrade(spool);
    meter
        .u64_observable_counter("spool_quarantined")
        .with_description("Runs of bytes that could not be read")
        .with_callback(move |observer| {
            if let Some(spool) = quarantined.upgrade() {
                observer.observe(spool.usage().quarantined, &[]);
            }
        })
        .build();
    let failures = Arc::downgrade(spool);
    meter
        .u64_observable_counter("spool_sync_failures")
        .with_description("How often the disk did not take what was written")
        .with_callback(move |observer| {
            if let Some(spool) = failures.upgrade() {
                observer.observe(spool.usage().sync_failures, &[]);
            }
        })
        .build();
    let oldest = Arc::downgrade(spool);
    meter
        .u64_observable_gauge("spool_oldest_age")
        .with_unit("s")
        .with_description("How long the oldest record has waited for the logging service")
        .with_callback(move |observer| {
            if let Some(spool) = oldest.upgrade() {
                observer.observe(spool.usage().oldest_age.as_secs(), &[]);
            }
        })
        .build();
}
