use std::fmt::Display;

/// Says in one line what was tried and how much of it went wrong, for the table
/// of `tests/chaos/run`; fails when anything did.
pub fn nothing_went_wrong(fault: &str, tried: impl Display, wrong: &[(&str, usize)]) {
    let counts: Vec<String> = wrong
        .iter()
        .map(|(what, count)| format!("{count} {what}"))
        .collect();
    let counts = counts.join(", ");
    println!("fault: {fault} | {tried} | {counts}");
    assert!(
        wrong.iter().all(|(_, count)| *count == 0),
        "{fault}, {tried}: {counts}"
    );
}
