use std::{fmt::Write as _, path::Path};

use tests::nothing_went_wrong;

/// What a caller gets: let through, or refused with that status.
pub(crate) const OUTCOMES: [&str; 5] = ["ok", "401", "403", "404", "-"];

/// A table of `docs/permissions.md`: a line for each thing that can be asked, a
/// column for each caller.
#[derive(Debug)]
pub(crate) struct Table {
    name: &'static str,
    pub(crate) callers: Vec<String>,
    pub(crate) lines: Vec<Line>,
}

/// What each caller gets, in the order of the columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) asked: String,
    pub(crate) outcomes: Vec<String>,
}

impl Table {
    /// Reads the block of the document that begins with "```text" and that word.
    pub(crate) fn read(name: &'static str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/permissions.md");
        let document = std::fs::read_to_string(&path).expect("docs/permissions.md is there");
        let start = format!("```text\n{name} ");
        let block = document.split(&start).nth(1).expect("the document has the table");
        let mut lines = block.split("\n```").next().expect("a first part").lines();
        let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let callers = words(lines.next().expect("a table has a head"));
        let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        let lines = lines.map(|line| {
            let mut words = words(line);
            assert!(words.len() > callers.len(), "too short: {line}");
            let outcomes = words.split_off(words.len() - callers.len());
            for outcome in &outcomes {
                assert!(OUTCOMES.contains(&outcome.as_str()), "{outcome:?} in: {line}");
            }
            Line {
                asked: words.join(" "),
                outcomes,
            }
        });
        let lines = lines.collect();
        Self { name, callers, lines }
    }

    /// The things that can be asked which stand in the table, without the part
    /// that tells two lines of one thing apart.
    pub(crate) fn covered(&self) -> Vec<&str> {
        let asked = self.lines.iter().map(|line| line.asked.as_str());
        asked
            .map(|asked| asked.split('#').next().expect("a first part"))
            .collect()
    }

    /// Compares the things that can be asked with the lines, both ways.
    pub(crate) fn assert_covers<'a>(&self, offered: impl IntoIterator<Item = &'a str>) {
        let (covered, mut offered) = (self.covered(), offered.into_iter().collect::<Vec<_>>());
        let missing: Vec<_> = offered.iter().filter(|asked| !covered.contains(asked)).collect();
        assert!(
            missing.is_empty(),
            "docs/permissions.md does not say who may do this: {missing:#?}"
        );
        offered.sort_unstable();
        let gone: Vec<_> = covered
            .iter()
            .filter(|asked| offered.binary_search(asked).is_err())
            .collect();
        assert!(
            gone.is_empty(),
            "docs/permissions.md has lines for what is not there: {gone:#?}"
        );
    }

    /// Compares what callers got with what the table says.
    pub(crate) fn assert_is(&self, seen: &[(Line, Vec<String>)]) {
        let mut report = String::new();
        let mut holes = 0;
        for (expected, (seen, answers)) in self.lines.iter().zip(seen) {
            if expected.outcomes == seen.outcomes {
                continue;
            }
            let callers = self.callers.iter().zip(&expected.outcomes).zip(&seen.outcomes);
            for (((caller, expected), seen), answer) in callers.zip(answers) {
                if expected != seen {
                    holes += 1;
                    let _ = writeln!(report, "{caller} should get {expected}, gets {answer}");
                }
            }
            let _ = writeln!(report, "    as it is: {}\n", seen.text(&self.callers));
        }
        assert_eq!(self.lines.len(), seen.len(), "every line was walked");
        if !report.is_empty() {
            eprintln!("not as docs/permissions.md says:\n{report}");
        }
        nothing_went_wrong(
            &format!("who may do what, {}", self.name),
            format!("{} asked by {} callers", self.lines.len(), self.callers.len()),
            &[("holes", holes)],
        );
    }
}

impl Line {
    /// As it stands in the document.
    fn text(&self, callers: &[String]) -> String {
        let cell =
            |(outcome, caller): (&String, &String)| format!("{outcome:<width$}", width = caller.len().max(3));
        let cells: Vec<_> = self.outcomes.iter().zip(callers).map(cell).collect();
        format!("{:<72}{}", self.asked, cells.join(" ").trim_end())
    }
}
