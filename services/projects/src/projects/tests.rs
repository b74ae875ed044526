use std::time::Duration;

use database::database_test;
use domain::Permission;

use super::*;
use crate::{
    MIGRATIONS, SignUp,
    fixture::{Rooms, by},
    snapshot::changes::versions,
};

const fn new<'a>(name: &'a str, slug: &'a str, description: &'a str) -> NewProject<'a> {
    NewProject {
        name,
        slug,
        description,
    }
}

fn slugs(page: &Page<OwnProject>) -> Vec<&str> {
    page.items.iter().map(|own| own.project.slug.as_str()).collect()
}

database_test! {
    &MIGRATIONS;

    async fn who_makes_a_project_owns_it(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let kim = rooms.person("kim").await;
        let made = rooms.projects.create(&by(&kim), new(" Acme Platform ", "", "Tools\nfor all"), None).await.expect("free");
        assert_eq!((made.slug.as_str(), made.name.as_str()), ("acme-platform", "Acme Platform"));
        let granted = rooms.access.authorize(&Caller::from(kim), "acme-platform", &[]).await.expect("a member");
        assert_eq!((granted.project, granted.role), (made, Role::Owner));
    }

    async fn a_taken_slug_is_told_with_one_that_is_free(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let kim = rooms.person("kim").await;
        rooms.project(&kim, "acme").await;
        rooms.project(&kim, "acme-2").await;
        let lee = rooms.person("lee").await;
        for (name, slug) in [("Acme", ""), ("Something else", "acme")] {
            let refusal = rooms.projects.create(&by(&lee), new(name, slug, ""), None).await.expect_err("taken");
            assert_eq!((refusal.code, refusal.reason.as_str()), (Code::AlreadyExists, "slug_taken"));
            assert_eq!(refusal.fields[0].field, "slug");
            assert!(refusal.message.contains("acme-3 is free"), "{}", refusal.message);
        }
        let page = rooms.projects.list(&Caller::from(lee), 0, "").await.expect("a page");
        assert_eq!(slugs(&page), [""; 0], "nothing was made");
    }

    async fn the_longest_slug_that_is_taken_has_a_free_one_too(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let kim = rooms.person("kim").await;
        let longest = "a".repeat(63);
        rooms.project(&kim, &longest).await;
        let refusal = rooms.projects.create(&by(&kim), new("x", &longest, ""), None).await.expect_err("taken");
        assert!(refusal.message.contains(&format!("{}-2 is free", "a".repeat(61))), "{}", refusal.message);
    }

    async fn what_cannot_be_a_project_is_refused_by_the_field(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let kim = rooms.person("kim").await;
        let long = "x".repeat(2_001);
        for (name, slug, description, field) in [
            ("", "acme", "", "name"),
            ("Acme", "Not A Slug", "", "slug"),
            ("결제", "", "", "slug"),
            ("Acme", "", "a\0b", "description"),
            ("Acme", "", long.as_str(), "description"),
        ] {
            let refusal = rooms.projects.create(&by(&kim), new(name, slug, description), None).await.expect_err(field);
            assert_eq!(refusal.fields[0].field, field, "{name:?} {slug:?}");
        }
    }

    async fn a_list_holds_ones_own_projects_newest_first_with_ones_role(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let kim = rooms.person("kim").await;
        let lee = rooms.person("lee").await;
        for slug in ["p1", "p2", "p3"] {
            rooms.project(&kim, slug).await;
            rooms.clock.advance(Duration::from_secs(1));
        }
        rooms.project(&lee, "foreign").await;
        let shared = rooms.project(&lee, "shared").await;
        rooms.add_member(&shared, &kim, Role::Reporter).await;

        let kim = Caller::from(kim);
        let first = rooms.projects.list(&kim, 3, "").await.expect("a page");
        assert_eq!(slugs(&first), ["shared", "p3", "p2"]);
        assert_eq!(first.items.iter().map(|own| own.role).collect::<Vec<_>>(), [Role::Reporter, Role::Owner, Role::Owner]);
        assert!(first.has_older);
        let last = rooms.projects.list(&kim, 3, &first.older).await.expect("a page");
        assert_eq!((slugs(&last), last.has_older), (vec!["p1"], false));
        let newer = rooms.projects.list(&kim, 3, &last.newer).await.expect("a page");
        assert_eq!(slugs(&newer), ["shared", "p3", "p2"]);

        let refusal = rooms.projects.list(&Caller::from(lee), 3, &first.older).await.expect_err("another's cursor");
        assert_eq!(refusal.code, Code::InvalidArgument);
        assert_eq!(rooms.projects.list(&kim, 501, "").await.expect_err("too many").code, Code::InvalidArgument);
    }

    async fn only_its_owners_change_a_project_and_gateways_hear_of_its_name(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let kim = rooms.person("kim").await;
        let lee = rooms.person("lee").await;
        let acme = rooms.project(&kim, "acme").await;
        rooms.add_member(&acme, &lee, Role::Developer).await;
        let before = versions(&rooms.database).await.expect("versions");
        let granted = rooms.access.authorize(&by(&kim), "acme", &[Permission::WriteProject]).await.expect("an owner");
        let changed = rooms.projects.update(&granted, Some(" Acme 2 "), None).await.expect("changed");
        assert_eq!((changed.name.as_str(), changed.description.as_str(), changed.slug.as_str()), ("Acme 2", "", "acme"));
        assert_ne!(versions(&rooms.database).await.expect("versions"), before);
        let read = rooms.access.authorize(&by(&lee), "acme", &[]).await.expect("a member");
        assert_eq!(read.project, changed);
        let refusal = read.require(Permission::WriteProject).expect_err("a developer");
        assert_eq!(refusal.reason, "role_too_low");
        for (name, description) in [(Some(""), None), (None, Some("a\0b"))] {
            let refusal = rooms.projects.update(&granted, name, description).await.expect_err("no name, no text");
            assert_eq!(refusal.code, Code::InvalidArgument);
        }
    }

    async fn what_one_marks_is_marked_for_nobody_else(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let kim = rooms.person("kim").await;
        let lee = rooms.person("lee").await;
        let acme = rooms.project(&kim, "acme").await;
        rooms.project(&kim, "other").await;
        rooms.add_member(&acme, &lee, Role::Reporter).await;
        let granted = rooms.access.authorize(&by(&lee), "acme", &[]).await.expect("a member");
        for is_favorite in [true, true, false, false, true] {
            rooms.projects.set_favorite(&granted, is_favorite).await.expect("set");
            assert_eq!(rooms.projects.seen(granted.clone()).await.expect("seen").is_favorite, is_favorite);
        }
        let marked = |page: Page<OwnProject>| -> Vec<String> {
            page.items.into_iter().filter(|own| own.is_favorite).map(|own| own.project.slug).collect()
        };
        assert_eq!(marked(rooms.projects.list(&by(&lee), 0, "").await.expect("a page")), ["acme"]);
        assert_eq!(marked(rooms.projects.list(&by(&kim), 0, "").await.expect("a page")), [""; 0]);
    }

    async fn a_project_of_a_team_is_made_by_who_develops_in_it(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let (kim, lee, max) = (rooms.person("kim").await, rooms.person("lee").await, rooms.person("max").await);
        let core = rooms.in_team(&kim, "core").await.place;
        rooms.join(core, &lee, Role::Developer).await;
        rooms.join(core, &max, Role::Reporter).await;
        let team = rooms.teams().enter(&max, "core").await.expect("a member");
        let refusal = rooms.projects.create(&by(&max), new("Ours", "", ""), Some(team)).await.expect_err("a reporter");
        assert_eq!(refusal.reason, "role_too_low");
        let team = rooms.teams().enter(&lee, "core").await.expect("a member");
        rooms.projects.create(&by(&lee), new("Ours", "", ""), Some(team)).await.expect("made");
        for (user, role) in [(&kim, Role::Owner), (&lee, Role::Owner), (&max, Role::Reporter)] {
            assert_eq!(rooms.role(user, "ours").await, Some(role), "{}", user.name);
        }
    }
}
