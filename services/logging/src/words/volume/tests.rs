use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// What a volume is to know, the plain way.
type Model = BTreeMap<String, BTreeMap<u32, u8>>;

fn model(calls: &[Words]) -> Model {
    let mut model = Model::new();
    for (call, words) in calls.iter().enumerate() {
        let fields = [&words.tool, &words.arguments, &words.result, &words.error];
        for (bit, words) in fields.into_iter().enumerate() {
            for word in words.iter() {
                let calls = model.entry(word.to_owned()).or_default();
                *calls.entry(call as u32).or_default() |= 1 << bit;
            }
        }
    }
    model
}

fn pages(calls: &[Words]) -> Vec<Page> {
    let mut volume = Volume::default();
    for words in calls {
        volume.add(words);
    }
    volume.into_pages()
}

/// Looks in the pages in which the database would.
fn found(pages: &[Page], word: &str, is_open: bool) -> BTreeMap<u32, u8> {
    let mut found = BTreeMap::new();
    let first = pages.partition_point(|page| page.first_word.as_slice() <= word.as_bytes());
    let beyond = [word.as_bytes(), &[0xff]].concat();
    for page in &pages[first.saturating_sub(1)..] {
        if page.first_word <= word.as_bytes().to_vec() || is_open && page.first_word < beyond {
            look_up(&page.bytes, word, is_open, |call, places| {
                *found.entry(call).or_default() |= places.0;
            });
        }
    }
    found
}

fn expected(model: &Model, word: &str, is_open: bool) -> BTreeMap<u32, u8> {
    let mut expected = BTreeMap::new();
    for (there, calls) in model {
        if there == word || is_open && there.starts_with(word) {
            for (call, places) in calls {
                *expected.entry(*call).or_default() |= places;
            }
        }
    }
    expected
}

/// Few letters, so that words meet.
fn words() -> impl Strategy<Value = Words> {
    let some = || prop::collection::vec("[ab가]{1,3}|\u{E000}[a-c]{1,20}", 0..3);
    let list = |words: Vec<String>| words.into_iter().collect();
    (some(), some(), some(), some()).prop_map(move |(tool, arguments, result, error)| Words {
        tool: list(tool),
        arguments: list(arguments),
        result: list(result),
        error: list(error),
    })
}

proptest! {
    #[test]
    fn each_word_and_each_beginning_is_found(
        calls in prop::collection::vec(words(), 0..20),
        never in "[a-c가]{1,3}",
    ) {
        let (model, pages) = (model(&calls), pages(&calls));
        for word in model.keys().chain([&never]) {
            prop_assert_eq!(found(&pages, word, false), expected(&model, word, false));
            let beginning: String = word.chars().take(2).collect();
            for word in [word, &beginning] {
                prop_assert_eq!(found(&pages, word, true), expected(&model, word, true));
            }
        }
    }

    #[test]
    fn calls_that_go_take_their_words_along(
        calls in prop::collection::vec((words(), any::<bool>()), 0..40),
    ) {
        let mut next = 0..;
        let numbers: Vec<Option<u32>> = calls.iter().map(|(_, stays)| stays.then(|| next.next()).flatten()).collect();
        let (all, left): (Vec<Words>, Vec<Option<Words>>) =
            calls.into_iter().map(|(words, stays)| (words.clone(), stays.then_some(words))).unzip();
        let left: Vec<Words> = left.into_iter().flatten().collect();
        let all = pages(&all);
        prop_assert_eq!(renumber(all.iter().map(|page| &page.bytes[..]), &numbers), pages(&left));
    }

    #[test]
    fn no_bytes_make_the_reader_fall_over(
        raw in prop::collection::vec(any::<u8>(), 0..200),
        word in "[ab]{0,2}",
    ) {
        look_up(&raw, &word, true, |_, _| {});
        let mut page = Vec::new();
        assert!(compression::compress(&[&raw], 300, &mut page));
        look_up(&page, &word, true, |_, _| {});
        renumber([&page[..]], &[Some(0), None, Some(1)]);
    }
}

#[test]
fn many_words_lie_in_many_pages() {
    let call = |number: u32| Words {
        arguments: (0..20)
            .map(|word| format!("{:08x}", (number * 20 + word).wrapping_mul(2_654_435_761)))
            .collect(),
        result: ["each"].into_iter().collect(),
        ..Words::default()
    };
    let calls: Vec<Words> = (0..2_000).map(call).collect();
    let pages = pages(&calls);
    assert!(pages.len() > 10, "{}", pages.len());
    let everywhere = found(&pages, "each", false);
    assert_eq!(everywhere.len(), 2_000);
    assert!(everywhere.values().all(|places| *places == Places::RESULT.0));
    for (number, words) in calls.iter().enumerate().step_by(97) {
        assert_eq!(
            found(&pages, words.arguments.iter().nth(3).unwrap(), false),
            [(number as u32, 2)].into()
        );
    }
    assert_eq!(
        found(&pages, "", true).len(),
        2_000,
        "each page has what begins so"
    );
}
