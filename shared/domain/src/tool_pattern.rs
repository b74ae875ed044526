use std::fmt;

const MAX_BYTES: usize = 320;

/// Which tools of which servers: two globs with a slash between them, such as
/// `github/*` or `*/search_?`. `*` stands for any run of characters, `?` for
/// one. Names of servers count the same in upper and lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolPattern {
    text: String,
    /// Of the slash. Names of servers hold none, those of tools may.
    slash: usize,
}

/// A text that is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected two globs with a slash between them, such as github/* or */search, of at most {MAX_BYTES} bytes"
)]
pub struct InvalidToolPattern;

impl ToolPattern {
    /// Takes a text if it is one.
    pub fn parse(text: &str) -> Result<Self, InvalidToolPattern> {
        let slash = text.find('/').ok_or(InvalidToolPattern)?;
        let is_whole = slash > 0 && slash + 1 < text.len();
        if !is_whole || text.len() > MAX_BYTES || text.chars().any(char::is_control) {
            return Err(InvalidToolPattern);
        }
        Ok(Self {
            text: text.to_owned(),
            slash,
        })
    }

    /// Whether that tool of that server is meant.
    pub fn matches(&self, server: &str, tool: &str) -> bool {
        let (server_glob, tool_glob) = (&self.text[..self.slash], &self.text[self.slash + 1..]);
        glob_matches(&server_glob.to_lowercase(), &server.to_lowercase()) && glob_matches(tool_glob, tool)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for ToolPattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// Goes back to the last `*` only, which is enough: what an earlier one could
/// take more, the last one can too. So the time is at most the product of the
/// lengths.
fn glob_matches(glob: &str, text: &str) -> bool {
    let glob: Vec<char> = glob.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut at_glob, mut at_text) = (0, 0);
    let mut last_star: Option<(usize, usize)> = None;
    while at_text < text.len() {
        match glob.get(at_glob) {
            Some('*') => {
                last_star = Some((at_glob, at_text));
                at_glob += 1;
            }
            Some(wanted) if *wanted == '?' || *wanted == text[at_text] => {
                at_glob += 1;
                at_text += 1;
            }
            _ => {
                let Some((star, taken)) = last_star else {
                    return false;
                };
                last_star = Some((star, taken + 1));
                at_glob = star + 1;
                at_text = taken + 1;
            }
        }
    }
    glob[at_glob..].iter().all(|rest| *rest == '*')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matches(pattern: &str, server: &str, tool: &str) -> bool {
        ToolPattern::parse(pattern)
            .expect("a pattern")
            .matches(server, tool)
    }

    #[test]
    fn a_pattern_means_the_tools_that_it_names() {
        for (pattern, server, tool, expected) in [
            ("github/*", "GitHub", "create_issue", true),
            ("github/*", "github-2", "create_issue", false),
            ("*/search_?", "깃허브", "search_a", true),
            ("*/search_?", "깃허브", "search_", false),
            ("*/*read*", "files", "pre_read_all", true),
            ("*/a*b*c", "x", "aXbXbXc", true),
            ("*/a*b*c", "x", "aXcXb", false),
            ("files/a/b", "files", "a/b", true),
            ("files/Read", "files", "read", false),
            ("*/*", "any", "thing", true),
        ] {
            assert_eq!(
                matches(pattern, server, tool),
                expected,
                "{pattern} {server}/{tool}"
            );
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for text in [
            "",
            "*",
            "github",
            "/",
            "/tool",
            "server/",
            "a/\n",
            &"x/".repeat(200),
        ] {
            assert_eq!(ToolPattern::parse(text), Err(InvalidToolPattern), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn every_name_is_meant_by_itself_and_by_the_pattern_of_all(
            server in "[a-z]{1,9}",
            tool in "[a-zA-Z0-9_/-]{1,30}",
        ) {
            let itself = format!("{server}/{tool}");
            prop_assert!(matches(&itself, &server, &tool));
            prop_assert!(matches("*/*", &server, &tool));
        }

        #[test]
        fn many_stars_take_no_time(stars in 1_usize..100) {
            let pattern = format!("x/{}b", "*a".repeat(stars));
            prop_assert!(!matches(&pattern, "x", &"a".repeat(1_000)));
        }
    }
}
