use proto::convert::FromWire;
use serde::{Serialize, Serializer};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

/// What a word of a newer release is read as.
const UNKNOWN: &str = "unknown";

/// A word of a closed set, as JSON has it. The set is the domain's; services of
/// a newer release may know more words, and those read `unknown`.
pub(crate) trait Word: Sized {
    /// Reads a value of the wire; 0 is an unset one, and unknown too.
    fn from_wire(value: i32) -> Self;

    /// Reads a value that may be unset.
    fn present(value: i32) -> Option<Self> {
        (value != 0).then(|| Self::from_wire(value))
    }
}

macro_rules! words {
    ($( $(#[doc = $doc:literal])+ $name:ident ),+ $(,)?) => { $(
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) struct $name(pub(crate) Option<domain::$name>);

        impl Word for $name {
            fn from_wire(value: i32) -> Self {
                Self(<domain::$name as FromWire>::from_wire(value))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.0.map_or(UNKNOWN, domain::$name::as_str))
            }
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let words = domain::$name::WORDS;
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .description(Some(concat!($($doc),+).trim()))
                    .enum_values(Some(words.iter().copied().chain([UNKNOWN])))
                    .examples([words[0]])
                    .into()
            }
        }

        impl ToSchema for $name {}
    )+

        /// Each value of each set, as it comes out of the wire into JSON, and its word.
        #[cfg(test)]
        fn every_word() -> Vec<(serde_json::Value, &'static str)> {
            let mut words = Vec::new();
            $(words.extend(domain::$name::ALL.iter().map(|value| {
                let json = serde_json::to_value($name::from_wire(value.to_wire()));
                (json.expect("a word is JSON"), value.as_str())
            }));)+
            words
        }
    };
}

words! {
    /// What somebody did.
    ActivityType,
    /// How far a tool call is, or how it ended.
    ToolCallStatus,
    /// Why a tool call failed.
    ErrorKind,
    /// How a client reached the gateway.
    Door,
    /// How a client session ended.
    SessionEnd,
    /// How much a server log line matters.
    LogLevel,
    /// Where a server log line comes from.
    ServerLogKind,
    /// What the caller is in a project.
    Role,
    /// By which way somebody is in a project.
    InvitedAs,
    /// What an API key may be limited to.
    Scope,
    /// Which clients share one connection to a server.
    Isolation,
    /// What a project keeps of arguments and results.
    PayloadMode,
    /// How a connection to a server stands.
    UpstreamState,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_the_wire_is_the_same_word_in_json() {
        let words = every_word();
        assert!(words.len() > domain::ActivityType::ALL.len());
        for (json, word) in words {
            assert_eq!(json, word);
        }
    }

    #[test]
    fn a_word_of_a_newer_release_reads_unknown_and_an_unset_one_is_absent() {
        let json = |value| serde_json::to_value(ErrorKind::present(value)).expect("a word is JSON");
        assert_eq!(json(domain::ErrorKind::ToolError.to_wire()), "tool_error");
        assert_eq!(json(9_999), "unknown");
        assert_eq!(json(0), serde_json::Value::Null);
    }
}
