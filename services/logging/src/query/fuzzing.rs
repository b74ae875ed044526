use super::{MAX_BYTES, parse};

/// What is read is printed and reads back as the same; what is not read says
/// where in the text.
pub(crate) fn fuzz_query(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    match parse(text) {
        Ok(None) => assert!(text.trim().is_empty(), "something was asked for: {text:?}"),
        Ok(Some(expression)) => {
            let printed = expression.to_string();
            // Printed without abbreviations, it may be over a limit.
            match parse(&printed) {
                Ok(again) => assert_eq!(again, Some(expression), "{text:?}, {printed:?}"),
                Err(error) => assert!(
                    printed.len() > MAX_BYTES || error.reason == "too_deep",
                    "{error}: {printed:?}"
                ),
            }
        }
        Err(error) => {
            let span = error.span.expect("every error has its place");
            let length = text.encode_utf16().count() as u32;
            assert!(
                span.start <= span.end && span.end <= length,
                "{span:?} of {text:?}"
            );
            assert!(!error.reason.is_empty() && error.message.len() < 10_000);
        }
    }
}
