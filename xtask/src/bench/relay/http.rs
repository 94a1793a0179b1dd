//! A client that counts its bytes and speaks as Chromium does, so that both sides are measured with the same headers.
//!
//! Deliberately not here: anything general. Every answer has a length, or is an event stream.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use veldpost_envelope::wire::Call;

use super::people::Region;

/// What Chromium sends with a `fetch` of a page's own origin, apart from what is of each call.
const BROWSER: &str = "Connection: keep-alive\r\n\
sec-ch-ua-platform: \"Linux\"\r\n\
User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Safari/537.36\r\n\
sec-ch-ua: \"Not/A)Brand\";v=\"99\", \"Chromium\";v=\"148\"\r\n\
sec-ch-ua-mobile: ?0\r\n\
Accept: */*\r\n\
Sec-Fetch-Site: same-origin\r\n\
Sec-Fetch-Mode: cors\r\n\
Sec-Fetch-Dest: empty\r\n\
Accept-Encoding: gzip, deflate, br, zstd\r\n\
Accept-Language: en-US,en;q=0.9\r\n";

/// A kept connection.
pub struct Connection {
    authority: String,
    stream: BufReader<TcpStream>,
    moved: usize,
}

impl Connection {
    pub fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).context("the server cannot be reached")?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        Ok(Self {
            authority: address.to_string(),
            stream: BufReader::new(stream),
            moved: 0,
        })
    }

    /// Bytes both ways so far.
    pub fn moved(&self) -> usize {
        self.moved
    }

    /// Sealed entries to a relay, all of which must be taken.
    pub fn push(&mut self, entries: &[u8]) -> Result<()> {
        self.post(Call::Entries.path(), &[], entries).map(drop)
    }

    /// Lines of JSON, as the plain page sends a text: with a type and its own address, which Veldpost's policy and bytes
    /// do without.
    pub fn post_text(&mut self, path: &str, text: &str) -> Result<()> {
        let page = format!("http://{}/raw-idb/?sync=1", self.authority);
        let headers = [
            ("Content-Type", "text/plain;charset=UTF-8"),
            ("Referer", &page),
        ];
        self.post(path, &headers, text.as_bytes()).map(drop)
    }

    /// A POST that must be answered 200.
    pub fn post(&mut self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Vec<u8>> {
        self.send(path, headers, body)?;
        let length = self.head()?.context("an answer without a length")?;
        let mut answer = vec![0; length];
        self.stream.read_exact(&mut answer)?;
        self.moved += length;
        Ok(answer)
    }

    /// Opens an event stream of one of a region's devices, up to its first line.
    pub fn listen(&mut self, region: &Region, device: usize) -> Result<()> {
        let (body, headers) = region.listening(device, &self.authority)?;
        self.send(Call::Events.path(), &headers.pairs(), &body)?;
        self.head()?;
        self.next_line()
    }

    /// Waits for a line of news.
    pub fn next_line(&mut self) -> Result<()> {
        let mut line = String::new();
        while !line.starts_with("data:") {
            line.clear();
            if self.stream.read_line(&mut line)? == 0 || line.starts_with(':') {
                bail!("an event stream ended, or has nothing to say");
            }
        }
        Ok(())
    }

    fn send(&mut self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<()> {
        let authority = &self.authority;
        let mut whole = format!("POST {path} HTTP/1.1\r\nHost: {authority}\r\n").into_bytes();
        write!(whole, "Content-Length: {}\r\n{BROWSER}", body.len())?;
        write!(whole, "Origin: http://{authority}\r\n")?;
        for (name, value) in headers {
            write!(whole, "{name}: {value}\r\n")?;
        }
        whole.extend_from_slice(b"\r\n");
        whole.extend_from_slice(body);
        self.moved += whole.len();
        Ok(self.stream.get_mut().write_all(&whole)?)
    }

    /// Reads up to the empty line; the length that the answer names.
    fn head(&mut self) -> Result<Option<usize>> {
        let (mut line, mut length, mut status) = (String::new(), None, None);
        loop {
            line.clear();
            self.moved += self.stream.read_line(&mut line)?;
            match line.trim_end().split_once(": ") {
                None if line.trim_end().is_empty() => break,
                None => status = line.split(' ').nth(1).map(str::to_owned),
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    length = Some(value.parse()?);
                }
                Some(_) => {}
            }
        }
        match status.as_deref() {
            Some("200") => Ok(length),
            other => bail!("answered {other:?}"),
        }
    }
}
