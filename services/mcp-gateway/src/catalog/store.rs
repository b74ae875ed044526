use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::{ProjectId, ServerId, SessionId};
use service_host::{OnFailure, Tasks};
use tokio::sync::Notify;

use super::{
    Annotated, Item, Kind, List, Merged, Page, Part, Shelf,
    merge::merge,
    merged_lists::{MergedLists, made_of},
    shelf::{Asking, Need},
};
use crate::{
    directory::{Server, Snapshot},
    id_map::IdMap,
    message::Reply,
    upstream::{RequestOptions, Seat, Upstreams, Wanted},
};

/// Pages of one server's list. More, and it does not end.
const MAX_PAGES: usize = 1_000;

/// Tools of one server whose versions are kept. A server that makes up more is
/// forgotten and learned anew.
const MAX_VERSIONS: usize = 20_000;

/// What servers have listed. Answers from memory, and asks them behind that.
#[derive(Debug)]
pub(crate) struct Catalog {
    shelves: Mutex<HashMap<ShelfKey, Arc<Shelf>>>,
    merged: Mutex<MergedLists>,
    /// By server and tool: the hash of the definition as it was last listed.
    versions: Mutex<IdMap<ServerId, Versions>>,
    pub(crate) annotated: Annotated,
    /// Projects whose lists may be others now. At most one entry a project.
    dirty: Mutex<HashSet<ProjectId>>,
    dirtied: Notify,
    upstreams: Arc<Upstreams>,
    tasks: Tasks,
}

/// The definitions of one server's tools.
#[derive(Debug)]
struct Versions {
    project: ProjectId,
    by_tool: HashMap<String, String>,
}

type ShelfKey = (ServerId, Seat, Kind);

/// How well a server fits an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Match {
    Exact,
    Template,
}

impl Catalog {
    pub(crate) fn new(upstreams: Arc<Upstreams>, tasks: Tasks) -> Arc<Self> {
        Arc::new(Self {
            shelves: Mutex::default(),
            merged: Mutex::default(),
            versions: Mutex::default(),
            annotated: Annotated::default(),
            dirty: Mutex::default(),
            dirtied: Notify::new(),
            upstreams,
            tasks,
        })
    }

    /// The shelf of a list, which is asked for if it is not there or old.
    pub(crate) fn want(self: &Arc<Self>, server: &Arc<Server>, wanted: &Wanted, kind: Kind) -> Arc<Shelf> {
        let key = (server.id, self.upstreams.seat(server, wanted), kind);
        let shelf = {
            let mut shelves = lock(&self.shelves);
            match shelves.get(&key) {
                Some(shelf) if *shelf.server == **server => shelf.clone(),
                _ => {
                    let shelf = Arc::new(Shelf::new(server.clone(), wanted.clone(), kind));
                    shelves.insert(key, shelf.clone());
                    shelf
                }
            }
        };
        self.ask_if_needed(&shelf);
        shelf
    }

    /// The list of a server, where it is there already.
    fn list(&self, server: ServerId, seat: Seat, kind: Kind) -> Option<Arc<List>> {
        let shelf = lock(&self.shelves).get(&(server, seat, kind)).cloned()?;
        shelf.stored().list
    }

    /// Whether a server's lists have a resource of that address, or a template
    /// that may mean it.
    pub(crate) fn has_resource(&self, server: &Server, wanted: &Wanted, uri: &str) -> Option<Match> {
        let seat = self.upstreams.seat(server, wanted);
        let list = |kind| self.list(server.id, seat, kind);
        if list(Kind::Resources).is_some_and(|list| list.has(uri)) {
            return Some(Match::Exact);
        }
        let fits = |template: &Item| {
            let literal = template.key.split('{').next().unwrap_or_default();
            template.key == uri || (!literal.is_empty() && uri.starts_with(literal))
        };
        let templates = list(Kind::Templates)?;
        templates.items.iter().any(fits).then_some(Match::Template)
    }

    /// One list of many, made once for all who see the same.
    pub(crate) fn merged(
        &self,
        kind: Kind,
        parts: &[Part<'_>],
        view: &str,
        shows: &dyn Fn(&Server, &str) -> bool,
    ) -> Arc<Merged> {
        let made_of = made_of(kind, parts, view);
        if let Some(merged) = lock(&self.merged).get(&made_of) {
            return merged;
        }
        let merged = Arc::new(merge(kind, parts, shows));
        lock(&self.merged).put(made_of, merged.clone());
        merged
    }

    /// The hash of a tool's definition as it was last listed; empty where it was
    /// not.
    pub(crate) fn version(&self, server: ServerId, tool: &str) -> String {
        let versions = lock(&self.versions);
        let version = versions
            .get(&server)
            .and_then(|versions| versions.by_tool.get(tool));
        version.cloned().unwrap_or_default()
    }

    /// Notes what a page of a server's tools says that a client asked for itself.
    pub(crate) fn note_page(&self, server: &Server, result: &str) {
        if let Ok(page) = Page::read(Kind::Tools, result) {
            let items = page.items.iter();
            let items: Vec<_> = items
                .filter_map(|item| Item::read(Kind::Tools, item.get()))
                .collect();
            self.note_tools(server, &items);
        }
    }

    /// Notes definitions that went by.
    fn note_tools(&self, server: &Server, tools: &[Item]) {
        let texts = tools.iter().map(|item| item.json.as_str());
        self.annotated.note(server.id, texts);
        let seen: Vec<_> = tools
            .iter()
            .map(|item| (item.key.clone(), item.version()))
            .collect();
        let mut versions = lock(&self.versions);
        let versions = versions.entry(server.id).or_insert_with(|| Versions {
            project: server.project_id,
            by_tool: HashMap::new(),
        });
        if versions.by_tool.len() + seen.len() > MAX_VERSIONS {
            versions.by_tool.clear();
        }
        versions.by_tool.extend(seen);
    }

    /// A server says that a list of its changed, or it has just come up.
    pub(crate) fn outdated(self: &Arc<Self>, server: ServerId, kinds: &[Kind]) {
        let shelves: Vec<_> = lock(&self.shelves)
            .iter()
            .filter(|((of, _, kind), _)| *of == server && kinds.contains(kind))
            .map(|(_, shelf)| shelf.clone())
            .collect();
        for shelf in shelves.into_iter().filter(|shelf| shelf.is_wanted()) {
            shelf.outdated();
            self.ask_if_needed(&shelf);
        }
    }

    /// Forgets what is no longer defined as it was, and who has left. What was
    /// in use of a changed server is asked for anew.
    pub(crate) fn follow(self: &Arc<Self>, snapshot: &Snapshot, is_here: impl Fn(SessionId) -> bool) {
        let mut changed = Vec::new();
        lock(&self.shelves).retain(|(_, seat, _), shelf| {
            if seat.owner.is_some_and(|session| !is_here(session)) {
                return false;
            }
            let now = snapshot.server(shelf.server.project_id, shelf.server.id);
            let now = now.filter(|now| now.is_enabled);
            match now {
                Some(now) if **now == *shelf.server => true,
                now => {
                    if shelf.is_wanted() {
                        changed.extend(now.map(|now| (now.clone(), shelf.clone())));
                    }
                    false
                }
            }
        });
        for (now, shelf) in changed {
            self.want(&now, &shelf.wanted, shelf.kind);
        }
        lock(&self.versions).retain(|server, versions| snapshot.server(versions.project, *server).is_some());
    }

    /// Notes that the lists of a project may be others now.
    pub(crate) fn dirty(&self, project: ProjectId) {
        lock(&self.dirty).insert(project);
        self.dirtied.notify_one();
    }

    /// Waits until lists may have changed.
    pub(crate) async fn dirtied(&self) {
        self.dirtied.notified().await;
    }

    /// The projects whose lists may have changed since this was asked last.
    pub(crate) fn take_dirty(&self) -> HashSet<ProjectId> {
        std::mem::take(&mut lock(&self.dirty))
    }

    fn ask_if_needed(self: &Arc<Self>, shelf: &Arc<Shelf>) {
        let need = shelf.need();
        if need == Need::Nothing {
            return;
        }
        if let Some(asking) = shelf.begin() {
            let catalog = self.clone();
            let work = async move {
                catalog.ask(&asking, need).await;
                Ok(())
            };
            self.tasks.spawn("list", OnFailure::Log, work);
        }
    }

    async fn ask(&self, asking: &Asking, need: Need) {
        let shelf = &asking.0;
        loop {
            // That a list is old does not start a server: it tells when it comes up.
            let is_up = self.upstreams.ready(&shelf.server, &shelf.wanted).is_some();
            if need == Need::First || is_up {
                let outcome = self.fetch(shelf).await;
                if asking.settle(outcome.map(|list| self.shared(shelf, list))) {
                    self.dirty(shelf.server.project_id);
                }
            }
            if !asking.again() {
                return;
            }
        }
    }

    /// Every page of a server's list.
    async fn fetch(&self, shelf: &Shelf) -> Result<List, String> {
        let (server, kind) = (&shelf.server, shelf.kind);
        let connection = self.upstreams.connection(server, &shelf.wanted).await;
        let connection = connection.map_err(|error| error.to_string())?;
        let mut items = Vec::new();
        if !connection
            .hello()
            .is_some_and(|hello| hello.offers(kind.capability()))
        {
            return Ok(List::new(items));
        }
        let mut params = None;
        for _ in 0..MAX_PAGES {
            let options = RequestOptions::within(server.timeout);
            let reply = connection
                .request(kind.method(), params.as_deref(), options)
                .await;
            let result = match reply {
                Ok(Reply::Result(result)) => result,
                // Servers with resources and without templates often have no such method.
                Ok(Reply::Error(_)) if kind == Kind::Templates => {
                    params = None;
                    break;
                }
                Ok(Reply::Error(error)) => {
                    return Err(format!("it answered {} with the error {error}", kind.method()));
                }
                Err(error) => return Err(error.to_string()),
            };
            let page = Page::read(kind, result.get())?;
            items.extend(page.items.iter().filter_map(|item| Item::read(kind, item.get())));
            params = page.next_cursor.map(|cursor| format!("{{\"cursor\":{cursor}}}"));
            if params.is_none() {
                break;
            }
        }
        if params.is_some() {
            return Err(format!("its list of {} does not end", kind.member()));
        }
        if kind == Kind::Tools {
            self.note_tools(server, &items);
        }
        Ok(List::new(items))
    }

    /// The same list of another owner, where there is one: a thousand sessions
    /// with processes of their own do not keep a thousand lists.
    fn shared(&self, shelf: &Shelf, list: List) -> Arc<List> {
        let twin = lock(&self.shelves)
            .iter()
            .filter(|((server, _, kind), _)| *server == shelf.server.id && *kind == shelf.kind)
            .find_map(|(_, other)| other.stored().list.filter(|other| other.digest == list.digest));
        twin.unwrap_or_else(|| Arc::new(list))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
