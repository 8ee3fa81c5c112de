//! Servers that hold repositories: rclone and moto, on this machine.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};

/// A port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A server that is ended with this.
pub(crate) struct Server {
    command: Command,
    child: Option<Child>,
    ready: &'static str,
}

impl Server {
    pub(crate) fn rclone(rclone: &Path, directory: &Path, port: u16) -> Self {
        let mut command = Command::new(rclone);
        command.args(["serve", "restic", "--addr", &format!("127.0.0.1:{port}")]).arg(directory);
        Self { command, child: None, ready: "Serving restic REST API" }.started()
    }

    /// A server of S3 with a bucket, whose contents it keeps in memory.
    pub(crate) fn moto(moto: &Path, port: u16) -> Self {
        let server = Self::without_a_bucket(moto, port);
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let request = format!(
            "PUT /bucket HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        server
    }

    /// A server of S3 that has nothing yet.
    pub(crate) fn without_a_bucket(moto: &Path, port: u16) -> Self {
        let mut command = Command::new(moto);
        command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
        Self::of(command, "Running on")
    }

    /// A server that says so when it is ready.
    pub(crate) fn of(command: Command, ready: &'static str) -> Self {
        Self { command, child: None, ready }.started()
    }

    fn started(mut self) -> Self {
        self.start();
        self
    }

    /// Starts it, and waits until it serves.
    pub(crate) fn start(&mut self) {
        let mut child = self.command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let is_ready = lines.by_ref().any(|line| line.unwrap().contains(self.ready));
        assert!(is_ready, "{:?} did not start", self.command);
        // Somebody has to read what it says.
        thread::spawn(move || lines.for_each(drop));
        self.child = Some(child);
    }

    pub(crate) fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    pub(crate) fn hang(&mut self) {
        self.signal(Signal::STOP);
    }

    pub(crate) fn go_on(&mut self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.child.as_ref().unwrap().id()).unwrap();
        kill_process(Pid::from_raw(id).unwrap(), signal).unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}
