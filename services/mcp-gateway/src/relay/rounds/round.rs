use crate::{
    message::{Request, notification, object_fields},
    outbox::Outbox,
};

/// One connection of the client on which a request is waited for.
pub(super) struct Round<'a> {
    pub(super) outbox: &'a Outbox,
    /// Under which the client wants to hear of progress: JSON.
    pub(super) token: Option<String>,
    /// In the first round it is the one that the server knows.
    pub(super) is_first: bool,
}

impl<'a> Round<'a> {
    /// A later one.
    pub(super) fn of(request: &Request, outbox: &'a Outbox) -> Self {
        let token = request.params().and_then(|params| {
            let fields = object_fields(params, ["_meta"])?;
            let meta = object_fields(fields.get(0)?, ["progressToken"])?;
            meta.get(0).map(str::to_owned)
        });
        Self {
            outbox,
            token,
            is_first: false,
        }
    }

    /// Passes a notification on, progress under the token of this round.
    pub(super) fn tell(&self, message: String) {
        if self.is_first {
            let _ = self.outbox.push(message);
            return;
        }
        let fields = object_fields(&message, ["method", "params"]);
        let Some((fields, method)) = fields.and_then(|fields| {
            let method = fields.string(0)?;
            Some((fields, method))
        }) else {
            return;
        };
        if method != "notifications/progress" {
            let _ = self.outbox.push(message.clone());
            return;
        }
        let params = fields.get(1).unwrap_or("{}");
        if let Some(own) = &self.token
            && let Some(progress) = object_fields(params, ["progressToken"])
            && let Some(token) = progress.get(0)
        {
            let params = progress.splice().replace(token, own.clone()).finish();
            let _ = self.outbox.push(notification(&method, Some(&params)));
        }
    }
}
