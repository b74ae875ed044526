use futures::future::join_all;

use crate::{
    catalog::LIST_DEADLINE,
    message::{ErrorCode, object_fields},
    relay::{Answer, Caller, Relay, empty_result},
};

impl Relay {
    /// For every server that is up and logs. The level of a shared connection
    /// is that of whoever set it last.
    pub(super) async fn set_level(&self, caller: &Caller, method: &str, params: Option<&str>) -> Answer {
        let is_level = params.is_some_and(|params| {
            object_fields(params, ["level"]).is_some_and(|fields| fields.string(0).is_some())
        });
        if !is_level {
            return Answer::error(ErrorCode::InvalidParams, "params lacks a level, such as \"info\"");
        }
        join_all(caller.project.enabled_servers().map(|server| async move {
            let owner = caller.owner_of(server).map(|owner| owner.session);
            let connection = self.upstreams.ready(server.id, owner)?;
            connection.hello()?.offers("logging").then_some(())?;
            self.ask(&connection, method, params, LIST_DEADLINE).await.ok()
        }))
        .await;
        empty_result()
    }
}
