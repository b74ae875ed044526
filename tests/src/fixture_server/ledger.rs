use std::{
    fs::{File, OpenOptions},
    io::Write as _,
    path::Path,
    sync::Mutex,
};

use serde_json::{Value, json};

/// What the server did, one line a tool call, written before it is answered.
pub(super) struct Ledger(Option<Mutex<File>>);

/// Writes that a call was cancelled, unless it ended before.
pub(super) struct Watch<'a> {
    ledger: &'a Ledger,
    arguments: Value,
    has_ended: bool,
}

impl Ledger {
    pub(super) fn open(path: Option<&Path>) -> anyhow::Result<Self> {
        let file = path
            .map(|path| OpenOptions::new().create(true).append(true).open(path))
            .transpose()?;
        Ok(Self(file.map(Mutex::new)))
    }

    pub(super) fn called(&self, tool: &str, arguments: &Value) {
        self.write(&json!({"tool": tool, "arguments": arguments}));
    }

    /// Watches over a call that somebody may cancel.
    pub(super) fn watch(&self, arguments: &Value) -> Watch<'_> {
        Watch {
            ledger: self,
            arguments: arguments.clone(),
            has_ended: false,
        }
    }

    fn write(&self, line: &Value) {
        if let Some(Ok(mut file)) = self.0.as_ref().map(Mutex::lock) {
            let _ = file.write_all(format!("{line}\n").as_bytes());
        }
    }
}

impl Watch<'_> {
    pub(super) fn ended(mut self) {
        self.has_ended = true;
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        if !self.has_ended {
            self.ledger.write(&json!({"cancelled": self.arguments}));
        }
    }
}
