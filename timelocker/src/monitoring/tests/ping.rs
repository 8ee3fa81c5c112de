//! Pings and posts to a server on this machine.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{TcpListener, TcpStream};
use std::thread::{self, JoinHandle};

use super::*;

/// Takes requests, answers each with a status, and gives their first lines and bodies.
fn server(statuses: Vec<u16>) -> (String, JoinHandle<Vec<(String, String)>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/secret", listener.local_addr().unwrap());
    let serve = move || {
        let requests =
            statuses.into_iter().map(|status| answer(listener.accept().unwrap().0, status));
        requests.collect()
    };
    (address, thread::spawn(serve))
}

fn answer(mut stream: TcpStream, status: u16) -> (String, String) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(reader.read_line(&mut head).unwrap() > 0, "{head}");
    }
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().unwrap())
    });
    let mut body = vec![0; length.unwrap()];
    reader.read_exact(&mut body).unwrap();
    let text =
        format!("HTTP/1.1 {status} Answer\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    stream.write_all(text.as_bytes()).unwrap();
    (head.lines().next().unwrap().to_owned(), String::from_utf8(body).unwrap())
}

#[test]
fn a_healthcheck_is_pinged_at_start_and_end() {
    let (address, server) = server(vec![200; 6]);
    let reporter = StatusReporter::builder()
        .handler(HealthcheckPing::new(format!("{address}/")).only("backup"))
        .clock(Arc::new(Still::default()))
        .build()
        .unwrap();
    let backup = reporter.start("backup", "home");
    backup.update(1, 50, Some(100));
    backup.complete();
    reporter.start("restore", "not pinged").complete();
    reporter.start("backup", "home").fail("disk full");
    drop(reporter.start("backup", "home"));
    let requests: Vec<_> =
        server.join().unwrap().into_iter().map(|(head, body)| format!("{head} | {body}")).collect();
    insta::assert_snapshot!(requests.join("\n"), @r"
    POST /secret/start HTTP/1.1 | backup home: running
    POST /secret HTTP/1.1 | backup home: completed, 50 %, 1 file, 50 B of 100 B
    POST /secret/start HTTP/1.1 | backup home: running
    POST /secret/fail HTTP/1.1 | backup home: failed, errors: 1: disk full
    POST /secret/start HTTP/1.1 | backup home: running
    POST /secret/fail HTTP/1.1 | backup home: interrupted
    ");
}

#[test]
fn a_webhook_receives_json() {
    let (address, server) = server(vec![204; 2]);
    let reporter = StatusReporter::builder().handler(Webhook::new(address)).build().unwrap();
    let operation = reporter.start("backup", "home");
    operation.say(Level::Warning, "not posted");
    operation.say(Level::Error, "a");
    operation.complete();
    let requests = server.join().unwrap();
    let lines: Vec<StatusLine> =
        requests.iter().map(|(_, body)| serde_json::from_str(body).unwrap()).collect();
    assert_eq!(requests[0].0, "POST /secret HTTP/1.1");
    assert_eq!((lines[0].message(), lines[1].status()), (Some("a"), Status::Completed));
}

#[test]
fn a_server_that_fails_is_told_of_without_its_address() {
    // A server that refuses, one that never answers, none at all, and no address.
    let (refusing, server) = server(vec![503]);
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent_address = format!("http://{}/secret", silent.local_addr().unwrap());
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let short = Duration::from_millis(300);
    let long = Duration::from_secs(60);
    for (address, limit, expected) in [
        (refusing, long, "the server answers with status 503"),
        (silent_address, short, "the server takes too long to answer"),
        (format!("http://{gone}/secret"), long, "the server can't be told: "),
        ("no secret address".to_owned(), long, "the server can't be told: "),
    ] {
        let lines = Kept::default();
        let ping = Webhook::new(&address).time_limit(limit);
        assert!(!format!("{ping:?}").contains("secret"));
        let reporter = StatusReporter::builder()
            .handler(ping)
            .handler(lines.handler())
            .patience(long)
            .build()
            .unwrap();
        reporter.start("backup", "home").complete();
        assert!(reporter.flush());
        let messages = lines.messages();
        assert_eq!(messages.len(), 1, "{messages:?}");
        assert!(messages[0].contains(expected) && !messages[0].contains("secret"), "{messages:?}");
    }
    assert_eq!(server.join().unwrap().len(), 1);
}
