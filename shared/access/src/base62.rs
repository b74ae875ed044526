use zeroize::Zeroizing;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Characters whose 62 possibilities each make at least 256 bits.
pub(crate) const CHARACTERS_OF_256_BITS: usize = 43;

/// Appends characters out of the machine's source of randomness, each of the
/// 62 as likely as any other.
pub(crate) fn push_random(text: &mut String, characters: usize) {
    // The largest multiple of 62 in a byte: bytes above it would favour the
    // start of the alphabet.
    const FAIR: u8 = 248;
    let mut bytes = Zeroizing::new([0_u8; 64]);
    let mut wanted = characters;
    while wanted > 0 {
        getrandom::fill(bytes.as_mut_slice())
            .expect("the operating system always has randomness once it is up");
        for byte in bytes.iter().filter(|byte| **byte < FAIR).take(wanted) {
            text.push(char::from(ALPHABET[usize::from(byte % 62)]));
            wanted -= 1;
        }
    }
}

/// Appends a number as six characters, which hold any `u32`.
pub(crate) fn push_u32(text: &mut String, mut number: u32) {
    let mut digits = [b'0'; 6];
    for digit in digits.iter_mut().rev() {
        *digit = ALPHABET[(number % 62) as usize];
        number /= 62;
    }
    text.extend(digits.iter().copied().map(char::from));
}

pub(crate) fn is_base62(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_of_the_alphabet_comes_up() {
        let mut text = String::new();
        push_random(&mut text, 10_000);
        assert_eq!(text.len(), 10_000);
        assert!(
            ALPHABET
                .iter()
                .all(|character| text.contains(char::from(*character)))
        );
    }

    #[test]
    fn numbers_fill_six_characters() {
        let written = |number| {
            let mut text = String::new();
            push_u32(&mut text, number);
            text
        };
        assert_eq!(written(0), "000000");
        assert_eq!(written(61), "00000z");
        assert_eq!(written(62), "000010");
        assert_eq!(written(u32::MAX), "4gfFC3");
    }
}
