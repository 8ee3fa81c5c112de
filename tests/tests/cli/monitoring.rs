//! The files for monitoring systems, after backups that went well and others that did not.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::lab::{Lab, Run, run};
use crate::support::without_privileges;

/// The files of a lab, and backups that keep them.
struct Monitored {
    lab: Lab,
    status: String,
    metrics: String,
}

impl Monitored {
    fn new(lab: Lab) -> Self {
        let path = |name| lab.path(name).to_str().unwrap().to_owned();
        Self { status: path("status.json"), metrics: path("timelocker.prom"), lab }
    }

    fn arguments<'a>(&'a self, profile: &'a str) -> [&'a str; 7] {
        let [status, metrics] = ["--status-file", "--metrics-file"];
        ["backup", profile, "--quiet", status, &self.status, metrics, &self.metrics]
    }

    fn backup(&self, profile: &str) -> Run {
        self.lab.run(&self.arguments(profile))
    }

    fn status(&self) -> Value {
        let document: Value =
            serde_json::from_str(&fs::read_to_string(&self.status).unwrap()).unwrap();
        assert_eq!(document["version"], 1);
        assert_eq!(document["program"], "profiles");
        document["profiles"].clone()
    }

    fn metrics(&self) -> BTreeMap<String, f64> {
        samples(&fs::read_to_string(&self.metrics).unwrap())
    }
}

/// The samples of a text in Prometheus' format, by name and labels. Whatever is not of that format,
/// or without its HELP and TYPE before it, fails.
fn samples(text: &str) -> BTreeMap<String, f64> {
    let is_name = |name: &str| {
        let mut chars = name.chars();
        chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
            && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let (mut helped, mut typed) = (Vec::new(), Vec::new());
    let mut samples = BTreeMap::new();
    assert!(text.ends_with('\n'));
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').unwrap();
            assert!(is_name(name) && !help.is_empty() && !helped.contains(&name), "{line}");
            helped.push(name);
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            assert_eq!(helped.last(), rest.strip_suffix(" gauge").as_ref(), "{line}");
            typed.push(*helped.last().unwrap());
        } else if !line.starts_with('#') {
            let (name, rest) = line.split_once('{').unwrap();
            let (labels, value) = rest.rsplit_once("} ").unwrap();
            assert_eq!(typed.last().copied(), Some(name), "{line}");
            let mut rest = labels;
            while !rest.is_empty() {
                let (label, quoted) = rest.split_once("=\"").unwrap();
                assert!(is_name(label), "{line}");
                let mut escaped = false;
                let end = quoted.find(|c| match (escaped, c) {
                    (true, _) => {
                        assert!(matches!(c, '\\' | '"' | 'n'), "{line}");
                        escaped = false;
                        false
                    }
                    (false, c) => {
                        escaped = c == '\\';
                        c == '"'
                    }
                });
                rest = &quoted[end.unwrap() + 1..];
                rest = rest.strip_prefix(',').unwrap_or(rest);
            }
            let known = samples.insert(format!("{name}{{{labels}}}"), value.parse().unwrap());
            assert_eq!(known, None, "{line}");
        }
    }
    assert!(!samples.is_empty());
    samples
}

#[test]
fn a_failure_is_seen_and_the_last_success_stays() {
    let monitored = Monitored::new(Lab::new());
    assert_eq!(monitored.backup("home").code, 0);
    let good = monitored.status()[0].clone();
    assert_eq!((&good["profile"], &good["state"]), (&"home".into(), &"ok".into()));
    assert_eq!(good["running_since"], Value::Null);
    assert_eq!(good["last_attempt"]["figures"]["files_new"], 4);
    assert_eq!(good["last_attempt"]["snapshot"], good["last_success"]["snapshot"]);
    let metrics = monitored.metrics();
    let last_success =
        metrics["timelocker_backup_last_success_timestamp_seconds{profile=\"home\"}"];
    assert!(last_success > 1.7e9);
    assert_eq!(metrics["timelocker_backup_last_files{profile=\"home\",state=\"new\"}"], 4.0);

    let mut command = monitored.lab.command();
    let wrong = run(command.env("TIMELOCKER_PASSWORD", "wrong").args(monitored.arguments("home")));
    assert_eq!(wrong.code, 12);
    let bad = monitored.status()[0].clone();
    assert_eq!(bad["state"], "failed");
    assert_eq!(bad["last_attempt"]["exit_code"], 12);
    assert!(bad["last_attempt"]["error"].as_str().unwrap().contains("password"), "{bad}");
    assert_eq!(bad["last_attempt"]["figures"], Value::Null);
    assert_eq!(bad["last_success"], good["last_success"]);
    let metrics = monitored.metrics();
    let outcome = |name| {
        metrics[&format!("timelocker_backup_last_outcome{{profile=\"home\",outcome=\"{name}\"}}")]
    };
    assert_eq!((outcome("ok"), outcome("incomplete"), outcome("failed")), (0.0, 0.0, 1.0));
    assert_eq!(metrics["timelocker_backup_last_exit_code{profile=\"home\"}"], 12.0);
    assert_eq!(
        metrics["timelocker_backup_last_success_timestamp_seconds{profile=\"home\"}"],
        last_success
    );
    // Figures of a snapshot that there is not are not there, rather than 0.
    assert!(!metrics.keys().any(|name| name.contains("files")), "{metrics:?}");

    let letter = monitored.lab.home("docs/letter.txt");
    fs::set_permissions(&letter, PermissionsExt::from_mode(0o000)).unwrap();
    assert_eq!(without_privileges(|| monitored.backup("home")).code, 3);
    let part = monitored.status()[0].clone();
    assert_eq!(part["state"], "incomplete");
    assert_eq!(part["last_attempt"]["figures"]["unread"], 1);
    assert_ne!(part["last_attempt"]["snapshot"], Value::Null);
    assert_eq!(part["last_success"], good["last_success"]);
}

#[test]
fn profiles_share_a_file_in_the_program_s_order() {
    let monitored = Monitored::new(Lab::new());
    assert_eq!(monitored.backup("sources").code, 0);
    assert_eq!(monitored.backup("absent").code, 1);
    assert_eq!(monitored.backup("home").code, 0);
    let status = monitored.status();
    let states =
        status.as_array().unwrap().iter().map(|profile| {
            (profile["profile"].as_str().unwrap(), profile["state"].as_str().unwrap())
        });
    assert_eq!(
        states.collect::<Vec<_>>(),
        [("home", "ok"), ("sources", "ok"), ("absent", "failed")]
    );
    assert_eq!(status[2]["last_success"], Value::Null);
    let metrics = monitored.metrics();
    let running = metrics.iter().filter(|(name, _)| name.starts_with("timelocker_backup_running"));
    assert_eq!(running.map(|(_, value)| *value).collect::<Vec<_>>(), [0.0; 3]);
}

#[test]
fn what_cannot_be_written_stops_no_backup() {
    let lab = Lab::new();
    let run = lab.run(&["backup", "home", "--quiet", "--status-file", "/dev/null/status.json"]);
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stderr.starts_with("warning: could not write /dev/null/status.json: "), "{run}");
    // What was no status is one now.
    let path = lab.path("status.json");
    fs::write(&path, "{}").unwrap();
    fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).unwrap();
    let run = lab.run(&["backup", "home", "--quiet", "--status-file", path.to_str().unwrap()]);
    assert_eq!((run.code, &*run.stderr), (0, ""), "{run}");
    assert!(fs::read_to_string(&path).unwrap().contains(r#""state": "ok""#));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
}
