use std::fmt;

/// Why a text cannot be a name of its kind. Says what would be one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidName(&'static str);

macro_rules! name {
    ($( $(#[$meta:meta])* $name:ident = $parse:ident ),+ $(,)?) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes a text if it is one.
            pub fn parse(text: &str) -> Result<Self, InvalidName> {
                $parse(text).map(Self)
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    )+ };
}

name! {
    /// The part of an address that names a project: `a-z`, `0-9` and single
    /// hyphens between them, 2 to 63 characters. Never a UUID, so that a path
    /// that takes either knows which it was given.
    Slug = parse_slug,
    /// What people call a thing: 1 to 100 characters, none of them a control
    /// character, no space at either end.
    DisplayName = parse_display_name,
    /// The name of a server, unique in its project: 1 to 64 characters, none of
    /// them a control character or a slash, no space at either end.
    ServerName = parse_server_name,
    /// An address for electronic mail, in lower case, at most 254 characters
    /// (RFC 5321, section 4.5.3.1.3).
    Email = parse_email,
}

impl Slug {
    /// A slug out of a name for people; absent when nothing of it can stay.
    pub fn from_display_name(name: &DisplayName) -> Option<Self> {
        let mut slug = String::new();
        for character in name.as_str().chars() {
            if character.is_ascii_alphanumeric() {
                slug.push(character.to_ascii_lowercase());
            } else if !slug.is_empty() && !slug.ends_with('-') {
                slug.push('-');
            }
        }
        slug.truncate(63);
        Self::parse(slug.trim_end_matches('-')).ok()
    }
}

fn parse_slug(text: &str) -> Result<String, InvalidName> {
    let shape = (2..=63).contains(&text.len())
        && text
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
        && !text.starts_with('-')
        && !text.ends_with('-')
        && !text.contains("--");
    if !shape {
        return Err(InvalidName(
            "a slug is 2 to 63 characters of a-z, 0-9 and single hyphens, with a letter or digit at both ends",
        ));
    }
    if uuid::Uuid::try_parse(text).is_ok() {
        return Err(InvalidName("a slug must not look like an id"));
    }
    Ok(text.to_owned())
}

fn parse_display_name(text: &str) -> Result<String, InvalidName> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > 100 || text.chars().any(char::is_control) {
        return Err(InvalidName(
            "a name is 1 to 100 characters, none of them a control character",
        ));
    }
    Ok(text.to_owned())
}

fn parse_server_name(text: &str) -> Result<String, InvalidName> {
    let text = text.trim();
    let refused = |character: char| character.is_control() || matches!(character, '/' | '\\');
    if text.is_empty() || text.chars().count() > 64 || text.chars().any(refused) || matches!(text, "." | "..")
    {
        return Err(InvalidName(
            "a server name is 1 to 64 characters, none of them a slash or a control character",
        ));
    }
    if uuid::Uuid::try_parse(text).is_ok() {
        return Err(InvalidName("a server name must not look like an id"));
    }
    Ok(text.to_owned())
}

fn parse_email(text: &str) -> Result<String, InvalidName> {
    const SAY: InvalidName = InvalidName("an e-mail address looks like kim@example.com");
    let text = text.trim();
    let (local, host) = text.rsplit_once('@').ok_or(SAY)?;
    let refused = |character: char| character.is_control() || character.is_whitespace();
    let label = |label: &str| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-');
    if text.len() > 254 || local.is_empty() || text.chars().any(refused) || !host.split('.').all(label) {
        return Err(SAY);
    }
    Ok(text.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_made_from_names_where_something_of_them_can_stay() {
        let slug =
            |name| Slug::from_display_name(&DisplayName::parse(name).expect("a name")).map(|slug| slug.0);
        assert_eq!(slug("Acme  Platform!"), Some("acme-platform".to_owned()));
        assert_eq!(slug("결제"), None);
        assert_eq!(slug("-- x --"), None);
        assert_eq!(slug("v2 결제 api"), Some("v2-api".to_owned()));
    }

    #[test]
    fn what_is_no_slug_is_refused() {
        for text in [
            "",
            "a",
            "A-b",
            "a--b",
            "-ab",
            "ab-",
            "a b",
            "0192f0c1-7a3b-7c55-9d0e-2f4a6b8c0d1e",
        ] {
            assert!(Slug::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn server_names_take_what_people_write_in_their_configurations() {
        for text in ["t one", "brave_search", "my-server", "깃허브", "a__b"] {
            assert_eq!(ServerName::parse(text).map(|name| name.0), Ok(text.to_owned()));
        }
        for text in ["", " ", "a/b", "..", "a\nb"] {
            assert!(ServerName::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn addresses_are_compared_in_lower_case() {
        assert_eq!(
            Email::parse(" Kim@Example.com ").map(|email| email.0),
            Ok("kim@example.com".to_owned())
        );
        for text in ["", "kim", "@x.y", "kim@", "kim@x..y", "k im@x.y"] {
            assert!(Email::parse(text).is_err(), "{text:?}");
        }
    }
}
