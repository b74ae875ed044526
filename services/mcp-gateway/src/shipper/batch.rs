use prost::Message as _;
use proto::logging::{AppendRequest, Record};

/// Leaves out what is no record: a logging service of an earlier release refuses all of a
/// batch for it, again and again. None of ours is: that is looked at only once a batch was
/// not taken.
pub(super) fn keep_records(batch: &mut AppendRequest) {
    batch.records.retain(|bytes| {
        let decoded = Record::decode(bytes.clone());
        if let Err(error) = &decoded {
            tracing::error!(%error, "a frame of the spool is no record, leaving it out");
        }
        decoded.is_ok()
    });
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[test]
    fn what_is_no_record_is_left_out() {
        let record = Record::default().to_bytes();
        let mut batch = AppendRequest {
            records: vec![record.clone(), Bytes::from_static(b"\xff\xff"), record.clone()],
            ..AppendRequest::default()
        };
        keep_records(&mut batch);
        assert_eq!(batch.records, [record.clone(), record]);
    }
}
