//! A call to the relay on this machine, one connection each.
//!
//! Not here: TLS, redirects, anything general. What does not read as an answer is no answer, as on a phone.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// A relay on the same machine that is silent for longer is not there.
const PATIENCE: Duration = Duration::from_secs(20);

/// What came back.
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// `content-type`.
    pub content_type: Option<String>,
    /// `Retry-After` in seconds.
    pub retry_after: Option<u32>,
    /// The body.
    pub body: Vec<u8>,
}

/// Posts a body to `http://<authority><path>`.
pub fn post(authority: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Option<Answer> {
    let mut stream = TcpStream::connect(authority).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let length = body.len();
    let mut asked = format!(
        "POST {path} HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\ncontent-length: {length}\r\n"
    );
    for (name, value) in headers {
        asked.extend([name, ": ", value, "\r\n"]);
    }
    asked.push_str("\r\n");
    stream.write_all(asked.as_bytes()).ok()?;
    stream.write_all(body).ok()?;
    let mut whole = Vec::new();
    stream.read_to_end(&mut whole).ok()?;
    read(&whole)
}

fn read(whole: &[u8]) -> Option<Answer> {
    let end = whole.windows(4).position(|four| four == b"\r\n\r\n")?;
    let (head, body) = whole.split_at_checked(end)?;
    let body = body.get(4..)?;
    let head = std::str::from_utf8(head).ok()?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let fields: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(": ")).collect();
    let field = |wanted: &str| {
        let mut fields = fields.iter();
        let found = fields.find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.map(|(_, value)| *value)
    };
    let chunked = field("transfer-encoding").is_some_and(|how| how == "chunked");
    let body = if chunked {
        unchunked(body)?
    } else {
        body.to_vec()
    };
    let whole = field("content-length").is_none_or(|length| length.parse() == Ok(body.len()));
    whole.then(|| Answer {
        status,
        content_type: field("content-type").map(str::to_owned),
        retry_after: field("retry-after").and_then(|text| text.parse().ok()),
        body,
    })
}

/// RFC 9112 section 7.1, without extensions and trailers.
fn unchunked(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    loop {
        let end = rest.windows(2).position(|two| two == b"\r\n")?;
        let size = std::str::from_utf8(rest.get(..end)?).ok()?;
        let size = usize::from_str_radix(size, 16).ok()?;
        if size == 0 {
            return Some(whole);
        }
        let from = end + 2;
        whole.extend_from_slice(rest.get(from..from + size)?);
        rest = rest.get(from + size + 2..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_in_chunks_is_read_whole() {
        let said = b"HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nTransfer-Encoding: chunked\r\n\r\n\
            3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
        let answer = read(said).unwrap();
        assert_eq!(answer.body, b"abcde");
        assert_eq!(answer.content_type.as_deref(), Some("a/b"));
    }

    #[test]
    fn an_answer_that_ends_too_early_is_none() {
        let said = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nabc";
        assert!(read(said).is_none());
        let said = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n";
        assert!(read(said).is_none());
    }
}
