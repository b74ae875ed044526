use prost::{Message as _, bytes::Bytes};

use crate::logging::Record;

/// `mcporch.logging.v1.AppendRequest` with its records as they lie in the spool of a
/// gateway, and as the call log keeps those that it cannot read: a message within another
/// is its bytes. Whoever passes them on need not read them.
#[derive(Clone, PartialEq, prost::Message)]
pub struct AppendRequest {
    /// Whose records they are.
    #[prost(string, tag = "1")]
    pub gateway_id: String,
    /// Of the gateway's spool.
    #[prost(uint64, tag = "2")]
    pub epoch: u64,
    /// The number of the first record.
    #[prost(uint64, tag = "3")]
    pub first_seq: u64,
    /// The number of the last record.
    #[prost(uint64, tag = "4")]
    pub last_seq: u64,
    /// Each a [`Record`].
    #[prost(bytes = "bytes", repeated, tag = "5")]
    pub records: Vec<Bytes>,
}

impl Record {
    /// The record as it lies in an [`AppendRequest`].
    pub fn to_bytes(&self) -> Bytes {
        self.encode_to_vec().into()
    }
}

#[cfg(test)]
mod tests {
    use prost_types::{
        FieldDescriptorProto, FileDescriptorSet,
        field_descriptor_proto::{Label, Type},
    };

    use super::*;
    use crate::FILE_DESCRIPTOR_SET;

    #[test]
    fn the_fields_are_those_of_the_contract() {
        let files = FileDescriptorSet::decode(FILE_DESCRIPTOR_SET).expect("it was compiled");
        let messages = files.file.into_iter().flat_map(|file| file.message_type);
        let mut requests = messages.filter(|message| message.name() == "AppendRequest");
        let request = requests.next().expect("there is one");
        assert!(requests.next().is_none());
        let field = |field: &FieldDescriptorProto| {
            (
                field.name().to_owned(),
                field.number(),
                field.r#type(),
                field.label(),
            )
        };
        let fields: Vec<_> = request.field.iter().map(field).collect();
        let expected = [
            ("gateway_id", 1, Type::String, Label::Optional),
            ("epoch", 2, Type::Uint64, Label::Optional),
            ("first_seq", 3, Type::Uint64, Label::Optional),
            ("last_seq", 4, Type::Uint64, Label::Optional),
            ("records", 5, Type::Message, Label::Repeated),
        ];
        let expected = expected.map(|(name, number, kind, label)| (name.to_owned(), number, kind, label));
        assert_eq!(fields, expected);
    }

    #[test]
    fn records_are_their_bytes() {
        let record = Record::default().to_bytes();
        let request = AppendRequest {
            records: vec![record.clone(), record],
            ..AppendRequest::default()
        };
        let encoded = request.encode_to_vec();
        assert_eq!(AppendRequest::decode(&encoded[..]), Ok(request));
    }
}
