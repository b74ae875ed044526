use database::database_test;

use super::*;
use crate::{
    MIGRATIONS, SignUp,
    fixture::{Rooms, by},
};

fn reason<T>(outcome: Result<T, ServiceError>) -> String {
    outcome
        .err()
        .map_or_else(|| "done".to_owned(), |error| error.reason)
}

database_test! {
    &MIGRATIONS;

    async fn who_was_invited_comes_in_by_the_link_once(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let (boss, lee) = (rooms.person("boss").await, rooms.person("lee").await);
        let invitations = rooms.invitations();
        for place in [rooms.in_team(&boss, "core").await, rooms.in_project(&boss, "acme").await] {
            let (made, link) = invitations.create(&place, " LEE@example.com", Role::Developer).await.expect("invited");
            assert_eq!((made.email.as_str(), made.created_by), ("lee@example.com", Some(boss.id)));
            assert_eq!(invitations.list(place.place).await.expect("a list"), std::slice::from_ref(&made));
            assert_eq!(invitations.mine(&lee).await.expect("a list"), std::slice::from_ref(&made));
            assert_eq!(invitations.mine(&boss).await.expect("a list"), []);
            assert_eq!(invitations.accept(&by(&lee), link.expose()).await.expect("in"), made);
            assert_eq!(reason(invitations.accept(&by(&lee), link.expose()).await), "invitation_dead");
            assert_eq!(invitations.list(place.place).await.expect("a list"), []);
            let members = rooms.members().list(place.place).await.expect("a list");
            let lee = members.iter().find(|member| member.user_id == lee.id).expect("in");
            assert_eq!(lee.role, Role::Developer);
            assert_eq!(reason(invitations.create(&place, "lee@example.com", Role::Owner).await), "already_member");
        }
    }

    async fn a_link_is_for_the_address_that_was_invited(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let (boss, lee, eve) = (rooms.person("boss").await, rooms.person("lee").await, rooms.person("eve").await);
        let invitations = rooms.invitations();
        let place = rooms.in_project(&boss, "acme").await;
        let (_, link) = invitations.create(&place, "lee@example.com", Role::Owner).await.expect("invited");
        assert_eq!(reason(invitations.accept(&by(&eve), link.expose()).await), "invitation_of_another");
        assert_eq!(reason(invitations.decline(&by(&eve), link.expose()).await), "invitation_of_another");
        for text in [InvitationToken::generate().expose(), "", "mcpinvite_"] {
            assert_eq!(reason(invitations.accept(&by(&lee), text).await), "invitation_dead", "{text}");
        }
        assert_eq!(rooms.role(&eve, "acme").await, None);
        invitations.decline(&by(&lee), link.expose()).await.expect("declined");
        assert_eq!(reason(invitations.accept(&by(&lee), link.expose()).await), "invitation_dead");
        assert_eq!(rooms.role(&lee, "acme").await, None);
    }

    async fn an_invitation_ends_is_sent_again_and_is_revoked(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let (boss, lee) = (rooms.person("boss").await, rooms.person("lee").await);
        let invitations = rooms.invitations();
        let place = rooms.in_project(&boss, "acme").await;
        let elsewhere = rooms.in_project(&boss, "other").await;
        let (made, old) = invitations.create(&place, "lee@example.com", Role::Reporter).await.expect("invited");
        assert_eq!(reason(invitations.create(&place, "lee@example.com", Role::Reporter).await), "already_invited");

        rooms.clock.advance(Duration::from_hours(24));
        assert_eq!(reason(invitations.resend(&elsewhere, made.id).await), "not_found");
        let (renewed, new) = invitations.resend(&place, made.id).await.expect("sent again");
        assert_eq!(renewed.expires_at, rooms.clock.now() + LIFE);
        assert_eq!(reason(invitations.accept(&by(&lee), old.expose()).await), "invitation_dead");
        rooms.clock.advance(LIFE);
        assert_eq!(reason(invitations.accept(&by(&lee), new.expose()).await), "invitation_dead");
        assert_eq!(invitations.list(place.place).await.expect("a list"), []);
        assert_eq!(invitations.mine(&lee).await.expect("a list"), []);

        let (again, link) = invitations.create(&place, "lee@example.com", Role::Reporter).await.expect("the old one is over");
        assert_eq!(reason(invitations.revoke(&elsewhere, again.id).await), "not_found");
        invitations.revoke(&place, again.id).await.expect("revoked");
        assert_eq!(reason(invitations.accept(&by(&lee), link.expose()).await), "invitation_dead");
    }

    async fn of_two_who_come_with_one_link_at_once_one_comes_in(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let (boss, lee) = (rooms.person("boss").await, rooms.person("lee").await);
        let invitations = rooms.invitations();
        let place = rooms.in_project(&boss, "acme").await;
        let (_, link) = invitations.create(&place, "lee@example.com", Role::Reporter).await.expect("invited");
        let lee = by(&lee);
        let (one, other) = tokio::join!(
            invitations.accept(&lee, link.expose()),
            invitations.accept(&lee, link.expose())
        );
        let mut reasons = [reason(one), reason(other)];
        reasons.sort();
        assert_eq!(reasons, ["done", "invitation_dead"]);
    }
}
