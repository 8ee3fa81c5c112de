//! An HTTP proxy that disturbs what passes through it, by rule.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

/// What happens to a request, or to its answer.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// It does not reach the server; this is the answer.
    Status(u16),
    /// The same, with more lines of a header.
    StatusWith(u16, &'static str),
    /// The server answers, and the body is another one.
    Body(&'static str),
    /// The connection ends before the request reaches the server.
    Cut,
    /// The server does what it is asked to, and its answer is lost.
    CutLate,
    /// The server does what it is asked to; this is the answer.
    LateStatus(u16),
    /// Half of the answer comes, and then the connection ends.
    Half,
    /// Half of the body comes, as if that was all.
    Truncated,
    /// One byte of the body is another.
    Corrupt,
    /// The body comes in ten parts, with a pause before each.
    Drip(Duration),
    /// Nothing happens any more.
    Hang,
    /// The body of a listing of S3 says that there is another page.
    AnotherPage,
}

/// Which requests something happens to.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    method: &'static str,
    path: &'static str,
    skip: u32,
    times: u32,
    act: Act,
}

impl Rule {
    /// Every request of this method whose path and query contain a text.
    pub(crate) fn all(method: &'static str, path: &'static str, act: Act) -> Self {
        Self { method, path, skip: 0, times: u32::MAX, act }
    }

    /// The first such request.
    pub(crate) fn once(method: &'static str, path: &'static str, act: Act) -> Self {
        Self { times: 1, ..Self::all(method, path, act) }
    }

    /// Not the first ones.
    pub(crate) fn after(self, skip: u32) -> Self {
        Self { skip, ..self }
    }
}

#[derive(Default)]
struct State {
    rules: Vec<Rule>,
    /// Methods and paths of the requests.
    log: Vec<String>,
    hits: u32,
}

/// A proxy in front of one server of this machine.
pub(crate) struct Proxy {
    server: u16,
    port: u16,
    state: Mutex<State>,
    changed: Condvar,
}

impl Proxy {
    pub(crate) fn new(server: u16) -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (state, changed) = (Mutex::default(), Condvar::new());
        let proxy = Arc::new(Self { server, port, state, changed });
        let serving = Arc::clone(&proxy);
        thread::spawn(move || {
            for client in listener.incoming() {
                let (proxy, client) = (Arc::clone(&serving), client.unwrap());
                thread::spawn(move || {
                    let _ = proxy.serve(&client);
                    let _ = client.shutdown(Shutdown::Both);
                });
            }
        });
        proxy
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Replaces all rules, and forgets what was seen.
    pub(crate) fn rules(&self, rules: impl IntoIterator<Item = Rule>) {
        let rules = rules.into_iter().collect();
        *self.state.lock().unwrap() = State { rules, ..State::default() };
    }

    /// Number of requests that something happened to.
    pub(crate) fn hits(&self) -> u32 {
        self.state.lock().unwrap().hits
    }

    /// Methods and paths of the requests since the rules were set.
    pub(crate) fn log(&self) -> Vec<String> {
        self.state.lock().unwrap().log.clone()
    }

    /// Waits until something has happened to a request.
    pub(crate) fn wait_for_a_hit(&self) {
        let state = self.state.lock().unwrap();
        let minute = Duration::from_secs(60);
        let no_hit = |state: &mut State| state.hits == 0;
        let (state, waited) = self.changed.wait_timeout_while(state, minute, no_hit).unwrap();
        assert!(!waited.timed_out(), "nothing happened to any of {:?}", state.log);
    }

    fn act(&self, method: &str, path: &str) -> Option<Act> {
        let mut state = self.state.lock().unwrap();
        state.log.push(format!("{method} {path}"));
        let rule = state.rules.iter_mut().find(|rule| {
            (rule.method == method || rule.method == "*")
                && path.contains(rule.path)
                && rule.times > 0
        })?;
        if rule.skip > 0 {
            rule.skip -= 1;
            return None;
        }
        rule.times -= 1;
        let act = rule.act.clone();
        state.hits += 1;
        self.changed.notify_all();
        Some(act)
    }

    /// Serves one request.
    fn serve(&self, client: &TcpStream) -> io::Result<()> {
        let mut reader = BufReader::new(client);
        let request = Message::read(&mut reader, false)?;
        let (method, path) = {
            let mut words = request.head.split(' ');
            (words.next().unwrap().to_owned(), words.next().unwrap().to_owned())
        };
        let act = self.act(&method, &path);
        match &act {
            Some(Act::Status(status)) => return answer(client, *status, "", b""),
            Some(Act::StatusWith(status, lines)) => return answer(client, *status, lines, b""),
            Some(Act::Cut) => return Ok(()),
            Some(Act::Hang) => loop {
                thread::park();
            },
            _ => {}
        }
        let server = TcpStream::connect(("127.0.0.1", self.server))?;
        (&server).write_all(&request.bytes())?;
        let response = Message::read(&mut BufReader::new(&server), method == "HEAD")?;
        let Message { head, mut body } = response;
        match act {
            None => return (&mut &*client).write_all(&Message { head, body }.bytes()),
            Some(Act::CutLate) => return Ok(()),
            Some(Act::LateStatus(status)) => return answer(client, status, "", b""),
            Some(Act::Half) => {
                let bytes = Message { head, body }.bytes();
                return (&mut &*client).write_all(&bytes[..bytes.len() - 1 - bytes.len() / 3]);
            }
            Some(Act::Drip(pause)) => {
                let bytes = Message { head, body }.bytes();
                for part in bytes.chunks(bytes.len().div_ceil(10)) {
                    thread::sleep(pause);
                    (&mut &*client).write_all(part)?;
                }
                return Ok(());
            }
            Some(Act::Body(text)) => body = text.into(),
            Some(Act::Truncated) => body.truncate(body.len() / 2),
            Some(Act::Corrupt) => {
                let middle = body.len() / 2;
                body[middle] ^= 1;
            }
            Some(Act::AnotherPage) => {
                let text = String::from_utf8(body).unwrap();
                let more = "<IsTruncated>true</IsTruncated>\
                            <NextContinuationToken>more</NextContinuationToken>";
                assert!(text.contains("<IsTruncated>false</IsTruncated>"), "{text}");
                body = text.replace("<IsTruncated>false</IsTruncated>", more).into_bytes();
            }
            Some(Act::Status(_) | Act::StatusWith(..) | Act::Cut | Act::Hang) => unreachable!(),
        }
        (&mut &*client).write_all(&Message { head, body }.bytes())
    }
}

fn answer(mut client: &TcpStream, status: u16, lines: &str, body: &[u8]) -> io::Result<()> {
    let head = format!(
        "HTTP/1.1 {status} Disturbed\r\n{lines}Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    client.write_all(head.as_bytes())?;
    client.write_all(body)
}

/// A request or a response: the lines of its head, without those about its length, and its body.
struct Message {
    head: String,
    body: Vec<u8>,
}

impl Message {
    fn read(reader: &mut impl BufRead, has_no_body: bool) -> io::Result<Self> {
        let (mut head, mut length, mut is_chunked) = (String::new(), 0, false);
        let mut length_of_head = None;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let lower = line.trim().to_ascii_lowercase();
            if lower.is_empty() {
                break;
            }
            match lower.split_once(':').map(|(name, value)| (name, value.trim())) {
                Some(("content-length", value)) => {
                    length = value.parse().unwrap();
                    length_of_head = Some(length);
                }
                Some(("transfer-encoding", _)) => is_chunked = true,
                Some(("connection", _)) => {}
                Some(("expect", _)) => {}
                _ => head.push_str(&line),
            }
        }
        let mut body = Vec::new();
        if has_no_body {
            head.push_str(&format!("Content-Length: {}\r\n", length_of_head.unwrap_or(0)));
            return Ok(Self { head, body });
        }
        if is_chunked {
            loop {
                let mut size = String::new();
                reader.read_line(&mut size)?;
                let size = u64::from_str_radix(size.trim(), 16).unwrap();
                reader.by_ref().take(size).read_to_end(&mut body)?;
                reader.read_line(&mut String::new())?;
                if size == 0 {
                    break;
                }
            }
        } else {
            body = vec![0; length];
            reader.read_exact(&mut body)?;
        }
        Ok(Self { head, body })
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.head.clone().into_bytes();
        if !self.head.contains("Content-Length") {
            bytes.extend(format!("Content-Length: {}\r\n", self.body.len()).bytes());
        }
        bytes.extend(b"Connection: close\r\n\r\n");
        bytes.extend(&self.body);
        bytes
    }
}
