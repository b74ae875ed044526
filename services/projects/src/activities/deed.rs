use domain::{ActivityType, ProjectId, TeamId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::places::Place;

/// What stands for the value of a secret.
pub(crate) const MASKED: &str = "***";

/// What was done, and to what. Worded by whoever shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Deed {
    pub(crate) kind: ActivityType,
    pub(crate) project: Option<ProjectId>,
    pub(crate) team: Option<TeamId>,
    /// Absent: the project or the team itself.
    pub(crate) target_id: Option<Uuid>,
    /// As it was then.
    pub(crate) target_name: String,
    pub(crate) changes: Vec<FieldChange>,
}

/// A field before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FieldChange {
    pub(crate) field: String,
    /// Absent: it was not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) before: Option<Value>,
    /// Absent: it is not there any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) after: Option<Value>,
}

impl Deed {
    /// In no project and no team.
    pub(crate) const fn of(kind: ActivityType) -> Self {
        Self {
            kind,
            project: None,
            team: None,
            target_id: None,
            target_name: String::new(),
            changes: Vec::new(),
        }
    }

    pub(crate) fn in_project(kind: ActivityType, project: ProjectId) -> Self {
        Self {
            project: Some(project),
            ..Self::of(kind)
        }
    }

    pub(crate) fn in_place(kind: ActivityType, place: Place) -> Self {
        let (team, project) = match place {
            Place::Team(team) => (Some(team), None),
            Place::Project(project) => (None, Some(project)),
        };
        Self {
            project,
            team,
            ..Self::of(kind)
        }
    }

    /// In a team beside the project.
    pub(crate) fn and_team(mut self, team: TeamId) -> Self {
        self.team = Some(team);
        self
    }

    /// To what it was done.
    pub(crate) fn to(mut self, id: Uuid, name: impl Into<String>) -> Self {
        self.target_id = Some(id);
        self.target_name = name.into();
        self
    }

    /// The name of the project or the team itself.
    pub(crate) fn named(mut self, name: impl Into<String>) -> Self {
        self.target_name = name.into();
        self
    }

    /// Says a field's value before and after; nothing where it stayed. Null is a
    /// field that is not there.
    pub(crate) fn change(
        self,
        field: impl Into<String>,
        before: impl Serialize,
        after: impl Serialize,
    ) -> Self {
        let json = |value| Some(value).filter(|value: &Value| !value.is_null());
        let (before, after) = (json(plain(before)), json(plain(after)));
        if before == after {
            return self;
        }
        self.always_change(field, before, after)
    }

    /// Says a field's value, of what was made.
    pub(crate) fn set(self, field: impl Into<String>, value: impl Serialize) -> Self {
        self.change(field, (), value)
    }

    /// Says that a value changed which nobody may see.
    pub(crate) fn masked(self, field: impl Into<String>, was_there: bool, is_there: bool) -> Self {
        let mask = |is_there: bool| is_there.then(|| Value::from(MASKED));
        self.always_change(field, mask(was_there), mask(is_there))
    }

    fn always_change(
        mut self,
        field: impl Into<String>,
        before: Option<Value>,
        after: Option<Value>,
    ) -> Self {
        self.changes.push(FieldChange {
            field: field.into(),
            before,
            after,
        });
        self
    }
}

fn plain(value: impl Serialize) -> Value {
    serde_json::to_value(value).expect("texts, numbers, switches and lists of them are JSON")
}
