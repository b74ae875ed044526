//! Projects: what servers, keys and calls belong to.

pub(crate) mod rpc;
pub(crate) mod store;

use database::{
    Database,
    keyset::{self, Filter, Page, Place},
};
use domain::{ActivityType, Clock, DisplayName, Permission, ProjectId, Role, Slug, Timestamp};
use service_error::{Code, FieldError, ServiceError};

use crate::{
    access::{Caller, Identity},
    activities::Deed,
    members, places,
    snapshot::Changes,
};

const PAGE: u32 = 100;
const MAX_DESCRIPTION: usize = 2_000;

/// A project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Project {
    pub(crate) id: ProjectId,
    pub(crate) slug: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) created_at: Timestamp,
    /// Whether reporters may read arguments and results.
    pub(crate) reporters_read_payloads: bool,
}

/// The rules about projects.
pub(crate) struct Projects {
    database: Database,
    clock: Clock,
    changes: Changes,
}

impl Project {
    /// What somebody with that role may do in it.
    pub(crate) fn permissions(&self, role: Role) -> impl Iterator<Item = Permission> {
        let reads_payloads = self.reporters_read_payloads && role == Role::Reporter;
        role.permissions()
            .chain(reads_payloads.then_some(Permission::ReadPayloads))
    }
}

impl Projects {
    pub(crate) const fn new(database: Database, clock: Clock, changes: Changes) -> Self {
        Self {
            database,
            clock,
            changes,
        }
    }

    /// Makes a project with its creator as the owner. Without a slug, one is
    /// made from the name.
    pub(crate) async fn create(
        &self,
        by: &Caller,
        name: &str,
        slug: &str,
        description: &str,
    ) -> Result<Project, ServiceError> {
        let creator = by.person()?;
        let name = parse_name(name)?;
        let slug = match slug {
            "" => Slug::from_display_name(&name).ok_or_else(|| {
                ServiceError::invalid(
                    "slug",
                    "none can be made from this name; give one of a-z, 0-9 and hyphens",
                )
            })?,
            given => Slug::parse(given).map_err(|error| ServiceError::invalid("slug", error.to_string()))?,
        };
        check_description(description)?;
        let now = self.clock.now();
        let project = Project {
            id: ProjectId::new(&self.clock),
            slug: slug.as_str().to_owned(),
            name: name.as_str().to_owned(),
            description: description.to_owned(),
            created_at: now,
            reporters_read_payloads: false,
        };

        let mut transaction = self.changes.begin().await?;
        if let Err(error) = store::insert(&mut transaction, &project).await {
            drop(transaction);
            return Err(if error.is_taken() {
                self.slug_taken(&slug).await?.caused_by(error)
            } else {
                error.into()
            });
        }
        let place = places::Place::Project(project.id);
        members::store::insert(&mut transaction, place, creator.id, Role::Owner, now).await?;
        self.changes.record(&mut transaction, project.id).await?;
        let deed = Deed::in_project(ActivityType::ProjectCreated, project.id)
            .named(&project.name)
            .set("slug", &project.slug);
        self.changes.finish(transaction, &by.actor(), deed).await?;
        tracing::info!(project_id = %project.id, user_id = %creator.id, "project made");
        Ok(project)
    }

    /// The projects that the caller is in, newest first, with what they are there.
    pub(crate) async fn list(
        &self,
        caller: &Caller,
        limit: u32,
        cursor: &str,
    ) -> Result<Page<(Project, Role)>, ServiceError> {
        let limit = keyset::limit(limit, PAGE)?;
        let (user_id, only) = match &caller.identity {
            Identity::Person(user) => (user.id, None),
            Identity::Key(holder) => (holder.user_id, Some(holder.project_id)),
        };
        let filter = Filter::of("projects", &[user_id.uuid().as_bytes()]);
        let place = Place::parse(cursor, filter)?;
        let rows = store::list(&self.database, user_id, only, place, limit).await?;
        Ok(keyset::page(rows, limit, place, filter, |(project, _)| {
            keyset::Key {
                at: project.created_at.as_micros(),
                id: project.id.uuid(),
            }
        }))
    }

    async fn slug_taken(&self, slug: &Slug) -> Result<ServiceError, ServiceError> {
        let mut message = format!("the slug {slug} is taken");
        for number in 2..=9 {
            let base: String = slug.as_str().chars().take(61).collect();
            let Ok(candidate) = Slug::parse(&format!("{}-{number}", base.trim_end_matches('-'))) else {
                continue;
            };
            if store::find_by_slug(&self.database, &candidate).await?.is_none() {
                message = format!("{message}; {candidate} is free");
                break;
            }
        }
        let mut error = ServiceError::new(Code::AlreadyExists, "slug_taken", message.clone());
        error.fields.push(FieldError {
            field: "slug".to_owned(),
            message,
        });
        Ok(error)
    }
}

fn parse_name(name: &str) -> Result<DisplayName, ServiceError> {
    DisplayName::parse(name).map_err(|error| ServiceError::invalid("name", error.to_string()))
}

fn check_description(text: &str) -> Result<(), ServiceError> {
    let is_refused = |character: char| character.is_control() && !matches!(character, '\n' | '\r' | '\t');
    if text.chars().count() > MAX_DESCRIPTION || text.chars().any(is_refused) {
        return Err(ServiceError::invalid(
            "description",
            format!(
                "expected at most {MAX_DESCRIPTION} characters, no control characters but line ends and tabs"
            ),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
