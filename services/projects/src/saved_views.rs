//! Questions to the call log that people of a project keep and share.

pub(crate) mod rpc;
mod store;

use database::Database;
use domain::{ActivityType, Clock, ProjectId, Role, SavedViewId, Timestamp, UserId};
use service_error::{Code, ServiceError};

use crate::{access::Granted, activities::Deed, names, snapshot::Changes};

/// Of one project.
const MAX_VIEWS: i64 = 200;

const MAX_SEARCH_BYTES: usize = 4_096;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SavedView {
    pub(crate) id: SavedViewId,
    pub(crate) project_id: ProjectId,
    pub(crate) name: String,
    /// The query of an address.
    pub(crate) search: String,
    pub(crate) created_by: UserId,
    pub(crate) created_by_name: String,
    pub(crate) created_at: Timestamp,
}

/// The rules about saved views.
pub(crate) struct SavedViews {
    database: Database,
    clock: Clock,
    changes: Changes,
}

impl SavedViews {
    pub(crate) const fn new(database: Database, clock: Clock, changes: Changes) -> Self {
        Self {
            database,
            clock,
            changes,
        }
    }

    /// By name.
    pub(crate) async fn list(&self, granted: &Granted) -> Result<Vec<SavedView>, ServiceError> {
        Ok(store::list(&self.database, granted.project.id).await?)
    }

    pub(crate) async fn create(
        &self,
        granted: &Granted,
        name: &str,
        search: &str,
    ) -> Result<SavedView, ServiceError> {
        let person = granted.caller.person()?;
        let view = SavedView {
            id: SavedViewId::new(&self.clock),
            project_id: granted.project.id,
            name: names::parse(name)?.as_str().to_owned(),
            search: parse_search(search)?,
            created_by: person.id,
            created_by_name: person.name.clone(),
            created_at: self.clock.now(),
        };
        let mut transaction = self.changes.begin().await?;
        if store::count(&mut transaction, view.project_id).await? >= MAX_VIEWS {
            return Err(ServiceError::new(
                Code::Refused,
                "too_many_saved_views",
                format!("a project has at most {MAX_VIEWS} saved views; delete one first"),
            ));
        }
        let inserted = store::insert(&mut transaction, &view).await;
        inserted.map_err(|error| taken_or(error, &view.name))?;
        let deed = about(ActivityType::SavedViewCreated, &view).set("search", &view.search);
        self.changes
            .finish(transaction, &granted.caller.actor(), deed)
            .await?;
        Ok(view)
    }

    pub(crate) async fn update(
        &self,
        granted: &Granted,
        id: SavedViewId,
        name: Option<&str>,
        search: Option<&str>,
    ) -> Result<SavedView, ServiceError> {
        let name = name.map(names::parse).transpose()?;
        let search = search.map(parse_search).transpose()?;
        let mut transaction = self.changes.begin().await?;
        let before = store::find(&mut transaction, granted.project.id, id).await?;
        let before = before.ok_or_else(|| ServiceError::not_found("saved view"))?;
        may_change(granted, &before)?;
        let mut after = before.clone();
        if let Some(name) = name {
            name.as_str().clone_into(&mut after.name);
        }
        after.search = search.unwrap_or(after.search);
        if after == before {
            return Ok(before);
        }
        let updated = store::update(&mut transaction, &after).await;
        updated.map_err(|error| taken_or(error, &after.name))?;
        let deed = about(ActivityType::SavedViewUpdated, &after)
            .change("name", &before.name, &after.name)
            .change("search", &before.search, &after.search);
        self.changes
            .finish(transaction, &granted.caller.actor(), deed)
            .await?;
        Ok(after)
    }

    pub(crate) async fn delete(&self, granted: &Granted, id: SavedViewId) -> Result<(), ServiceError> {
        let mut transaction = self.changes.begin().await?;
        let view = store::find(&mut transaction, granted.project.id, id).await?;
        let view = view.ok_or_else(|| ServiceError::not_found("saved view"))?;
        may_change(granted, &view)?;
        store::delete(&mut transaction, id).await?;
        let deed = about(ActivityType::SavedViewDeleted, &view);
        self.changes
            .finish(transaction, &granted.caller.actor(), deed)
            .await?;
        Ok(())
    }
}

fn about(kind: ActivityType, view: &SavedView) -> Deed {
    Deed::in_project(kind, view.project_id).to(view.id.uuid(), &view.name)
}

fn may_change(granted: &Granted, view: &SavedView) -> Result<(), ServiceError> {
    // A key of an owner is no owner.
    let person = granted.caller.person()?;
    if granted.role == Role::Owner || person.id == view.created_by {
        return Ok(());
    }
    Err(ServiceError::new(
        Code::PermissionDenied,
        "not_yours",
        "only who made a saved view, and owners of the project, may change it; save one of your own",
    ))
}

/// What a browser may be sent to, within one page.
fn parse_search(search: &str) -> Result<String, ServiceError> {
    let search = search.strip_prefix('?').unwrap_or(search);
    if search.len() > MAX_SEARCH_BYTES || search.contains('#') || search.chars().any(char::is_control) {
        return Err(ServiceError::invalid(
            "search",
            format!(
                "expected what stands behind the question mark in an address, at most {MAX_SEARCH_BYTES} bytes"
            ),
        ));
    }
    Ok(search.to_owned())
}

fn taken_or(error: database::DatabaseError, name: &str) -> ServiceError {
    if error.is_taken() {
        let message = format!("a saved view is called {name} already");
        ServiceError::new(Code::AlreadyExists, "name_taken", message).caused_by(error)
    } else {
        error.into()
    }
}

#[cfg(test)]
mod tests;
