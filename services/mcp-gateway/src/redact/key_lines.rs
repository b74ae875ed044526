use super::REDACTED;

/// Lines of one private key. More, and it is none, or does not end.
const MAX_LINES: usize = 200;

/// Finds private keys (RFC 7468) in text that comes line by line, as on stderr:
/// of such a line by itself nobody can tell what it is.
#[derive(Debug, Default)]
pub(crate) struct KeyLines {
    /// How many lines of a key have come; none outside of one.
    inside: usize,
}

impl KeyLines {
    /// The line without what is of a key; none where nothing is left.
    pub(crate) fn pass(&mut self, line: String) -> Option<String> {
        if self.inside == 0 {
            let Some(start) = line.find("-----BEGIN ") else {
                return Some(line);
            };
            let rest = &line[start..];
            if !rest.contains("PRIVATE KEY-----") || rest.contains("-----END ") {
                return Some(line);
            }
            self.inside = 1;
            return Some(format!("{}{REDACTED}", &line[..start]));
        }
        self.inside += 1;
        if line.contains("-----END ") || self.inside > MAX_LINES {
            self.inside = 0;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(lines: &[&str]) -> Vec<String> {
        let mut keys = KeyLines::default();
        lines
            .iter()
            .filter_map(|line| keys.pass((*line).to_owned()))
            .collect()
    }

    #[test]
    fn the_lines_of_a_private_key_are_left_out() {
        assert_eq!(
            passed(&[
                "loading",
                "key: -----BEGIN EC PRIVATE KEY-----",
                "MHcCAQEEIIrYSSNQFaA2Hwf1duRSxKtLYX5CB04fSeQ6tF1aY/PuoAoGCCqGSM49",
                "-----END EC PRIVATE KEY-----",
                "done",
            ]),
            ["loading", "key: [redacted]", "done"]
        );
        for plain in ["-----BEGIN CERTIFICATE-----", "-----BEGIN "] {
            assert_eq!(passed(&[plain, "MIIB"]), [plain, "MIIB"]);
        }
    }

    #[test]
    fn a_key_that_does_not_end_costs_so_many_lines_only() {
        let mut lines = vec!["-----BEGIN PRIVATE KEY-----"];
        lines.extend(["x"; MAX_LINES]);
        lines.push("after");
        assert_eq!(passed(&lines).last().map(String::as_str), Some("after"));
    }
}
