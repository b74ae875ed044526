use std::sync::Arc;

use futures::future::join_all;

use crate::{
    catalog::{Kind, Merged, Part},
    directory::{Project, Server},
    message::{ErrorCode, Reply, object_fields},
    relay::{Answer, Caller, Permissions, Relay},
    session::Session,
    upstream::Wanted,
};

impl Relay {
    pub(super) async fn merged_list(&self, caller: &Caller, kind: Kind, params: Option<&str>) -> Answer {
        let asks_for_page = params
            .and_then(|params| object_fields(params, ["cursor"]))
            .is_some_and(|fields| fields.get(0).is_some_and(|cursor| cursor != "null"));
        if asks_for_page {
            let words = "unknown cursor: this list has one page; ask without a cursor";
            return Answer::error(ErrorCode::InvalidParams, words);
        }
        self.settle(caller, &[kind]).await;
        let session = caller.session.as_deref();
        let merged = self.merged(&caller.project, session, &caller.permissions, kind);
        if let Some(session) = session {
            session.listed.note(kind, merged.digest);
        }
        Answer::Reply(Reply::Result(merged.result.clone()))
    }

    /// Takes a list that the client has not got for one that it knows.
    pub(in crate::relay) fn note_listed(&self, caller: &Caller, kind: Kind) {
        let Some(session) = caller.session.as_deref() else {
            return;
        };
        if session.listed.digest(kind).is_none() {
            let merged = self.merged(&caller.project, Some(session), &caller.permissions, kind);
            session.listed.note(kind, merged.digest);
        }
    }

    /// Waits until all servers have listed these, or cost their own items.
    pub(super) async fn settle(&self, caller: &Caller, kinds: &[Kind]) {
        let shelves: Vec<_> = caller
            .project
            .enabled_servers()
            .flat_map(|server| kinds.iter().map(move |kind| (server, *kind)))
            .map(|(server, kind)| self.catalog.want(server, &caller.wanted(server), kind))
            .collect();
        join_all(shelves.iter().map(|shelf| shelf.settled())).await;
    }

    /// The merged list as a session sees it at this moment. Asks for what is not
    /// there, and does not wait for it.
    pub(super) fn merged(
        &self,
        project: &Project,
        session: Option<&Session>,
        permissions: &Permissions,
        kind: Kind,
    ) -> Arc<Merged> {
        let parts: Vec<_> = project
            .enabled_servers()
            .filter_map(|server| {
                let wanted = session.map_or(Wanted::SHARED, |session| session.wanted(server));
                Some(Part {
                    server,
                    prefix: project.names.prefix(server.id)?,
                    stored: self.catalog.want(server, &wanted, kind).stored(),
                })
            })
            .collect();
        let shows = |server: &Server, tool: &str| permissions.shows(project, server, tool);
        self.catalog
            .merged(kind, &parts, &permissions.view(project), &shows)
    }

    /// The name of which only a shortened form is known. Looked up in what was
    /// listed, else in a list that is asked for.
    pub(crate) async fn long_name(
        &self,
        caller: &Caller,
        server: &Arc<Server>,
        kind: Kind,
        exposed: &str,
    ) -> Option<String> {
        let prefix = caller.project.names.prefix(server.id)?;
        let shelf = self.catalog.want(server, &caller.wanted(server), kind);
        shelf.settled().await;
        let list = shelf.stored().list?;
        list.long_name(prefix, exposed).map(str::to_owned)
    }

    /// All tools of one server, in its own words.
    pub(crate) async fn tools(&self, caller: &Caller, server: &Arc<Server>) -> Result<Vec<String>, String> {
        let shelf = self.catalog.want(server, &caller.wanted(server), Kind::Tools);
        shelf.settled().await;
        let stored = shelf.stored();
        match stored.list {
            Some(list) => Ok(list.items.iter().map(|item| item.json.clone()).collect()),
            None => Err(stored.problem.unwrap_or_default()),
        }
    }
}
