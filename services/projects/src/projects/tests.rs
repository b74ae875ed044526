use std::time::Duration;

use database::database_test;

use super::*;
use crate::{
    MIGRATIONS, SignUp,
    fixture::{Rooms, by},
};

fn slugs(page: &Page<(Project, Role)>) -> Vec<&str> {
    page.items
        .iter()
        .map(|(project, _)| project.slug.as_str())
        .collect()
}

database_test! {
    &MIGRATIONS;

    async fn who_makes_a_project_owns_it(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let kim = rooms.person("kim").await;
        let made = rooms.projects.create(&by(&kim), " Acme Platform ", "", "Tools\nfor all").await.expect("free");
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
            let refusal = rooms.projects.create(&by(&lee), name, slug, "").await.expect_err("taken");
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
        let refusal = rooms.projects.create(&by(&kim), "x", &longest, "").await.expect_err("taken");
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
            let refusal = rooms.projects.create(&by(&kim), name, slug, description).await.expect_err(field);
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
        assert_eq!(first.items.iter().map(|(_, role)| *role).collect::<Vec<_>>(), [Role::Reporter, Role::Owner, Role::Owner]);
        assert!(first.has_older);
        let last = rooms.projects.list(&kim, 3, &first.older).await.expect("a page");
        assert_eq!((slugs(&last), last.has_older), (vec!["p1"], false));
        let newer = rooms.projects.list(&kim, 3, &last.newer).await.expect("a page");
        assert_eq!(slugs(&newer), ["shared", "p3", "p2"]);

        let refusal = rooms.projects.list(&Caller::from(lee), 3, &first.older).await.expect_err("another's cursor");
        assert_eq!(refusal.code, Code::InvalidArgument);
        assert_eq!(rooms.projects.list(&kim, 501, "").await.expect_err("too many").code, Code::InvalidArgument);
    }
}
