use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    time::{Duration, Instant},
};

use crate::environment;

/// Larger inputs are slower, and say no more.
const MAX_INPUT_BYTES: usize = 4 * 1024;

/// Where the dice begin.
const START: u64 = 0x9e37_79b9_7f4a_7c15;

/// Numbers that lie at the edge of something.
const NUMBERS: [&str; 8] = [
    "0",
    "-1",
    "1e400",
    "255",
    "65536",
    "2147483648",
    "9223372036854775808",
    "-9223372036854775809",
];

/// Bytes that mean something somewhere.
const BYTES: &[u8] = b"\0\n\r\t \"\\:{}[](),.*-=<>?\x7f\x80\xc3\xef\xff";

/// Throws mutated seeds at something that panics where what must hold does not.
#[derive(Debug)]
pub struct Fuzzer {
    seeds: Vec<Vec<u8>>,
    /// Words of the language that is read.
    words: &'static [&'static str],
    dice: Dice,
}

/// Pseudo-random numbers (xorshift), the same from the same start.
#[derive(Debug)]
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides.max(1) as u64) as usize
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

impl Fuzzer {
    /// Starts from the files in a folder of `tests/fuzz-seeds`, and mutates them
    /// in the same way each time, so that a change is judged by itself;
    /// `MCPORCH_FUZZ_START` says another way: a number, or `random`.
    pub fn new(name: &str, words: &'static [&'static str]) -> Self {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("fuzz-seeds")
            .join(name);
        let mut paths: Vec<_> = std::fs::read_dir(&folder)
            .expect("each target has seeds")
            .map(|entry| entry.expect("it can be read").path())
            .collect();
        paths.sort();
        let seeds = paths
            .iter()
            .map(|path| std::fs::read(path).expect("it can be read"))
            .collect();
        let start = match environment("MCPORCH_FUZZ_START").as_deref() {
            None => START,
            Some("random") => uuid::Uuid::new_v4().as_u64_pair().0,
            Some(start) => start.parse().expect("MCPORCH_FUZZ_START is a number, or random"),
        };
        eprintln!("MCPORCH_FUZZ_START={start}");
        Self {
            seeds,
            words,
            dice: Dice(start | 1),
        }
    }

    /// Tries so many inputs, the same on every machine, or for
    /// `MCPORCH_FUZZ_SECONDS` where that is set; panics with the input that the
    /// target panicked at, in its shortest form.
    pub fn run(mut self, inputs: u64, target: fn(&[u8])) {
        let seconds = environment("MCPORCH_FUZZ_SECONDS").map(|text| text.parse().expect("seconds"));
        let end = seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
        for seed in &self.seeds {
            (0..=seed.len()).for_each(|length| check(target, &seed[..length]));
        }
        let mut tried = 0_u64;
        while end.map_or(tried < inputs, |end| Instant::now() < end) {
            for _ in 0..100 {
                let input = self.input();
                check(target, &input);
                tried += 1;
            }
        }
        println!("{tried} inputs");
    }

    fn input(&mut self) -> Vec<u8> {
        let mut input = self.dice.one_of(&self.seeds).clone();
        for _ in 0..=self.dice.below(6) {
            self.mutate(&mut input);
        }
        input.truncate(MAX_INPUT_BYTES);
        input
    }

    fn mutate(&mut self, input: &mut Vec<u8>) {
        let at = self.dice.below(input.len() + 1);
        let end = (at + self.dice.below(16)).min(input.len());
        match self.dice.below(10) {
            0 => input.truncate(at),
            1 => drop(input.drain(at..end)),
            2 if at < input.len() => input[at] ^= 1 << self.dice.below(8),
            3 if at < input.len() => input[at] = *self.dice.one_of(BYTES),
            4 => input.insert(at, *self.dice.one_of(BYTES)),
            5 => insert(input, at, self.dice.one_of(&NUMBERS).as_bytes()),
            6 => insert(input, at, self.dice.one_of(self.words).as_bytes()),
            // A part again, once or many times.
            7 => {
                let part = input[at..end].repeat(1 + self.dice.below(40));
                insert(input, at, &part);
            }
            // A part of another seed, in the place of one of this.
            8 => {
                let other = self.dice.one_of(&self.seeds);
                let from = self.dice.below(other.len() + 1);
                let to = from + self.dice.below(other.len() - from + 1);
                input.splice(at..end, other[from..to].iter().copied());
            }
            _ => {
                let other = self.dice.below(input.len() + 1);
                let part = input[at..end].to_vec();
                insert(input, other, &part);
            }
        }
    }
}

fn insert(input: &mut Vec<u8>, at: usize, part: &[u8]) {
    input.splice(at..at, part.iter().copied());
}

fn check(target: fn(&[u8]), input: &[u8]) {
    let fails = |input: &[u8]| catch_unwind(AssertUnwindSafe(|| target(input))).is_err();
    if !fails(input) {
        return;
    }
    // What can go without the failure going with it, goes.
    let mut shortest = input.to_vec();
    let mut size = shortest.len() / 2;
    while size > 0 {
        let mut at = 0;
        while at + size <= shortest.len() {
            let mut shorter = shortest.clone();
            shorter.drain(at..at + size);
            if fails(&shorter) {
                shortest = shorter;
            } else {
                at += size;
            }
        }
        size /= 2;
    }
    panic!("the target panicked (above) at b\"{}\"", shortest.escape_ascii());
}
