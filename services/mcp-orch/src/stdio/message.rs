use serde::Deserialize;
use serde_json::{Value, json};

/// The method with which a session begins.
const INITIALIZE: &str = "initialize";

/// A JSON-RPC message from the client, or several: passed on as it came.
#[derive(Debug, Clone)]
pub(super) struct Message {
    pub(super) text: String,
    head: Head,
}

/// What has to be known of a message to pass it on.
#[derive(Debug, Clone, Default, Deserialize)]
struct Head {
    #[serde(default)]
    method: Option<String>,
    #[serde(default)]
    id: Option<Value>,
}

impl Message {
    /// Absent where it is no JSON.
    pub(super) fn read(text: String) -> Option<Self> {
        let value: Value = serde_json::from_str(&text).ok()?;
        // Of a batch nothing has to be known: each part is answered by itself.
        let head = Head::deserialize(&value).unwrap_or_default();
        Some(Self { text, head })
    }

    /// The id that an answer will bear; absent where none will come.
    pub(super) fn awaited(&self) -> Option<&Value> {
        self.head.method.as_ref().and(self.head.id.as_ref())
    }

    pub(super) fn begins_a_session(&self) -> bool {
        self.head.method.as_deref() == Some(INITIALIZE)
    }

    /// The client is ready for what servers say by themselves.
    pub(super) fn is_initialized(&self) -> bool {
        self.head.method.as_deref() == Some("notifications/initialized")
    }
}

/// Whether the text is the answer to the request of that id.
pub(super) fn answers(text: &str, id: &Value) -> bool {
    serde_json::from_str::<Head>(text).is_ok_and(|head| head.method.is_none() && head.id.as_ref() == Some(id))
}

/// On one line, as stdio wants it: a line break in JSON stands between tokens,
/// or is escaped.
pub(super) fn on_one_line(text: &str) -> String {
    text.replace(['\r', '\n'], " ")
}

/// What a client is told where no answer of the gateway reaches it.
pub(super) fn refusal(id: &Value, words: &str) -> String {
    json!({"jsonrpc": "2.0", "id": id, "error": {"code": -32_000, "message": words}}).to_string()
}

/// A method that only sessionless revisions have, before a session began. The
/// client begins one then.
pub(super) fn no_such_method(id: &Value) -> String {
    let words = "this bridge speaks the revisions that begin with initialize";
    json!({"jsonrpc": "2.0", "id": id, "error": {"code": -32_601, "message": words}}).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> Message {
        Message::read(text.to_owned()).expect("JSON")
    }

    #[test]
    fn only_requests_await_an_answer() {
        let request = message(r#"{"jsonrpc":"2.0","id":7,"method":"tools/list"}"#);
        assert_eq!(request.awaited(), Some(&json!(7)));
        for text in [
            r#"{"jsonrpc":"2.0","method":"notifications/cancelled"}"#,
            r#"{"jsonrpc":"2.0","id":7,"result":{}}"#,
            r#"[{"jsonrpc":"2.0","id":7,"method":"ping"}]"#,
            "7",
        ] {
            assert_eq!(message(text).awaited(), None, "{text}");
        }
        assert!(Message::read("{".to_owned()).is_none());
    }

    #[test]
    fn an_answer_is_known_by_its_id_and_a_question_of_the_same_id_is_none() {
        assert!(answers(r#"{"id":"a","result":{}}"#, &json!("a")));
        assert!(answers(r#"{"id":1,"error":{}}"#, &json!(1)));
        assert!(!answers(r#"{"id":1,"method":"ping"}"#, &json!(1)));
        assert!(!answers(r#"{"id":"1","result":{}}"#, &json!(1)));
    }

    #[test]
    fn json_of_many_lines_is_the_same_json_on_one() {
        let pretty = serde_json::to_string_pretty(&json!({"text": "a\nb"})).expect("JSON");
        let line = on_one_line(&pretty);
        assert!(!line.contains('\n'));
        let read: Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!(read, json!({"text": "a\nb"}));
    }
}
