//! A project with people in it, for the tests of its rooms.

use access::{Pepper, WrappingKeys};
use database::{Database, on_database};
use domain::{Clock, Role, Timestamp, UserId};
use uuid::Uuid;

use crate::{
    access::{Access, Caller, Granted},
    members,
    places::Place,
    projects::{NewProject, Project, Projects},
    secrets::{KeyRing, Secrets},
    servers::Servers,
    sessions::Sessions,
    snapshot::Changes,
    users::{self, User},
};

/// A project, one person of each role, and a clock that stands still.
pub(crate) struct TestProject {
    pub(crate) database: Database,
    pub(crate) clock: Clock,
    pub(crate) pepper: Pepper,
    pub(crate) changes: Changes,
    pub(crate) project: Project,
    pub(crate) owner: User,
    pub(crate) developer: User,
    pub(crate) reporter: User,
}

impl TestProject {
    pub(crate) async fn new(database: Database) -> Self {
        let clock = Clock::manual(Timestamp::from_micros(1_700_000_000_000_000));
        let changes = Changes::new(database.clone(), clock.clone());
        let owner = add_user(&database, &clock, "owner").await;
        let developer = add_user(&database, &clock, "developer").await;
        let reporter = add_user(&database, &clock, "reporter").await;
        let projects = Projects::new(database.clone(), clock.clone(), changes.clone());
        let project = projects
            .create(&Caller::from(owner.clone()), named("Home", "home"), None)
            .await
            .expect("a project");
        let this = Self {
            database,
            clock,
            pepper: Pepper::from_bytes(&[7; 32]).expect("32 bytes"),
            changes,
            project,
            owner,
            developer,
            reporter,
        };
        this.add_member(&this.developer, Role::Developer).await;
        this.add_member(&this.reporter, Role::Reporter).await;
        this
    }

    /// Another project of the same owner.
    pub(crate) async fn add_project(&self, slug: &str) -> Project {
        Projects::new(self.database.clone(), self.clock.clone(), self.changes.clone())
            .create(&Caller::from(self.owner.clone()), named(slug, slug), None)
            .await
            .expect("a project")
    }

    /// What that person may in the project, by the rules of access.
    pub(crate) async fn granted(&self, user: &User) -> Granted {
        self.granted_in(&self.project, user).await
    }

    pub(crate) async fn granted_in(&self, project: &Project, user: &User) -> Granted {
        self.grant(&Caller::from(user.clone()), &project.slug).await
    }

    pub(crate) async fn grant(&self, caller: &Caller, project: &str) -> Granted {
        self.access()
            .authorize(caller, project, &[])
            .await
            .expect("a member")
    }

    pub(crate) fn access(&self) -> Access {
        let sessions = Sessions::new(self.database.clone(), self.clock.clone(), self.changes.clone());
        Access::new(
            self.database.clone(),
            self.clock.clone(),
            self.pepper.clone(),
            sessions,
            self.changes.clone(),
        )
    }

    pub(crate) fn secrets(&self) -> Secrets {
        let keys = WrappingKeys::from_hex(&"07".repeat(32)).expect("a key");
        Secrets::new(self.database.clone(), self.clock.clone(), KeyRing::given(keys))
    }

    pub(crate) fn servers(&self) -> Servers {
        Servers::new(
            self.database.clone(),
            self.clock.clone(),
            self.changes.clone(),
            self.secrets(),
        )
    }

    pub(crate) async fn switch_off(&self, user: &User) {
        self.change("UPDATE users SET is_active = FALSE WHERE id = $1", user.id)
            .await;
    }

    pub(crate) async fn remove_member(&self, user: &User) {
        self.change("DELETE FROM project_members WHERE user_id = $1", user.id)
            .await;
    }

    pub(crate) async fn demote(&self, user: &User) {
        self.change(
            "UPDATE project_members SET role = 'reporter' WHERE user_id = $1",
            user.id,
        )
        .await;
    }

    /// Changes somebody, as the rooms of people do: gateways are told.
    async fn change(&self, statement: &'static str, user: UserId) {
        self.execute(statement, user.uuid()).await;
        let transaction = self.database.begin().await.expect("a transaction");
        self.changes
            .commit(transaction, self.project.id)
            .await
            .expect("committed");
    }

    /// Runs a statement with one id in it.
    pub(crate) async fn execute(&self, statement: &'static str, id: Uuid) {
        let rows = on_database!(&self.database, |pool| sqlx::query(statement)
            .bind(id)
            .execute(pool)
            .await
            .map(|done| done.rows_affected()))
        .expect("a statement of the test");
        assert!(rows > 0, "{statement} changed nothing");
    }

    async fn add_member(&self, user: &User, role: Role) {
        let mut transaction = self.database.begin().await.expect("a transaction");
        let place = Place::Project(self.project.id);
        members::store::insert(&mut transaction, place, user.id, role, self.clock.now())
            .await
            .expect("a member");
        self.changes
            .commit(transaction, self.project.id)
            .await
            .expect("committed");
    }
}

const fn named<'a>(name: &'a str, slug: &'a str) -> NewProject<'a> {
    NewProject {
        name,
        slug,
        description: "",
    }
}

async fn add_user(database: &Database, clock: &Clock, name: &str) -> User {
    let user = User {
        id: UserId::new(clock),
        email: format!("{name}@example.com"),
        name: name.to_owned(),
        is_admin: false,
        is_active: true,
        created_at: clock.now(),
        last_login_at: None,
    };
    let mut transaction = database.begin().await.expect("a transaction");
    users::store::insert(&mut transaction, &user, "no hash")
        .await
        .expect("a user");
    transaction.commit().await.expect("committed");
    user
}
