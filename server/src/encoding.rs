//! Which of the ready-made encodings a request accepts (RFC 9110, 12.5.3).
//!
//! Deliberately not here: compressing. Files are compressed once, when the app is built.

/// What a browser may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Brotli,
    Gzip,
    Plain,
}

impl Encoding {
    /// The value of `Content-Encoding`; plain has none.
    pub(crate) fn name(self) -> Option<&'static str> {
        match self {
            Self::Brotli => Some("br"),
            Self::Gzip => Some("gzip"),
            Self::Plain => None,
        }
    }
}

/// The encodings that `accept` allows, the smallest first; plain always ends the list.
pub(crate) fn accepted(accept: &str) -> Vec<Encoding> {
    let mut encodings = Vec::with_capacity(3);
    for encoding in [Encoding::Brotli, Encoding::Gzip] {
        if encoding.name().is_some_and(|name| allows(accept, name)) {
            encodings.push(encoding);
        }
    }
    encodings.push(Encoding::Plain);
    encodings
}

fn allows(accept: &str, name: &str) -> bool {
    accept.split(',').any(|part| {
        let mut pieces = part.split(';').map(str::trim);
        let named = pieces
            .next()
            .is_some_and(|coding| coding.eq_ignore_ascii_case(name));
        named && !pieces.any(is_zero_weight)
    })
}

fn is_zero_weight(parameter: &str) -> bool {
    parameter
        .strip_prefix("q=")
        .and_then(|weight| weight.trim().parse::<f32>().ok())
        .is_some_and(|weight| weight <= 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_accepted_encoding_comes_first() {
        assert_eq!(
            accepted("gzip, deflate, br"),
            [Encoding::Brotli, Encoding::Gzip, Encoding::Plain]
        );
        assert_eq!(accepted("gzip"), [Encoding::Gzip, Encoding::Plain]);
        assert_eq!(accepted(""), [Encoding::Plain]);
    }

    #[test]
    fn an_encoding_of_weight_zero_is_refused() {
        assert_eq!(
            accepted("br;q=0, gzip;q=0.5"),
            [Encoding::Gzip, Encoding::Plain]
        );
        assert_eq!(accepted("br; q=0.0"), [Encoding::Plain]);
    }
}
