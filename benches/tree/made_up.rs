//! Makes up a tree.

use super::Tree;
use crate::random::Random;

/// A kind of folder: where it lies, how deep the folders in it go, what the files in it are
/// called, and its share of the entries in thousandths.
///
/// In all texts, `{…}` is replaced: see [`Random::fill`].
struct Area {
    path: &'static str,
    depth: usize,
    files: &'static [&'static str],
    share: usize,
}

const AREAS: &[Area] = &[
    Area {
        path: "home/{user}/projects/{word}-{word}/crates/{word}/src",
        depth: 4,
        files: &[
            "{word}.rs",
            "{word}_{word}.rs",
            "{word}_{word}_{word}.rs",
            "mod.rs",
            "{word}.snap",
            "{word}.rs~",
        ],
        share: 90,
    },
    Area {
        path: "home/{user}/workspace/{word}-service/src/main/java/org/{word}/{word}",
        depth: 3,
        files: &[
            "{Word}{Word}.java",
            "{Word}{Word}Factory.java",
            "Abstract{Word}{Word}Test.java",
            "{Word}.class",
        ],
        share: 100,
    },
    Area {
        path: "home/{user}/projects/{word}-{word}/node_modules/@{word}/{word}-{word}/dist",
        depth: 2,
        files: &["{word}.js", "{word}.d.ts", "{word}.js.map", "index.mjs", "package.json"],
        share: 110,
    },
    Area {
        path: "home/{user}/projects/{word}-{word}/target/debug/.fingerprint/{word}-{hex}",
        depth: 1,
        files: &["lib-{word}", "lib-{word}.json", "invoked.timestamp", "dep-lib-{word}"],
        share: 60,
    },
    Area {
        path: "home/{user}/src/linux/drivers/{word}/{word}/{word}-{word}",
        depth: 4,
        files: &[
            "{word}_{word}.c",
            "{word}_{word}_{word}.h",
            "{word}.o",
            "Makefile",
            "Kconfig",
            ".{word}.o.cmd",
        ],
        share: 120,
    },
    Area {
        path: "home/{user}/go/pkg/mod/github.com/{word}/{word}-{word}@v1.{n}.{n}/internal",
        depth: 2,
        files: &["{word}.go", "{word}_test.go", "{word}_linux.go", "doc.go"],
        share: 80,
    },
    Area {
        path: "home/{user}/Pictures/20{n}/20{n}-0{d}-1{d} {word} {word}/{word} {word}/{word}/edited",
        depth: 3,
        files: &["IMG_{d}{n}{n}.jpg", "IMG_{d}{n}{n}.JPG.xmp", "DSC0{n}{n}.NEF", "Thumbs.db"],
        share: 80,
    },
    Area {
        path: "home/{user}/.local/share/evolution/mail/local/.{word}.20{n}.{word}/cur",
        depth: 2,
        files: &["16{n}{n}{n}{n}.M{n}{n}{n}P{n}{d}.{word}:2,S", "cmeta", "{word}.index"],
        share: 70,
    },
    Area {
        path: "home/{user}/.cache/{word}/{word}/{word}-default/cache2/entries",
        depth: 1,
        files: &["{hex}{hex}", "{hex}", "index.log"],
        share: 50,
    },
    Area {
        path: "home/{user}/.mozilla/firefox/{hex}.default/storage/default/https+++{word}.org/idb",
        depth: 1,
        files: &["{n}{n}{n}{word}.sqlite", "{word}.files", ".metadata-v2"],
        share: 40,
    },
    Area {
        path: "home/{user}/Documents/{word}/{word} {word}/20{n}/{word} {word}/{word}",
        depth: 3,
        files: &["{word} {word}.odt", "{word} {n}.pdf", "{Word} {word}.docx", "~${word}.docx"],
        share: 60,
    },
    Area {
        path: "home/{user}/Documents/Überblick/{word}/Entwürfe {n}/keep",
        depth: 2,
        files: &["{word} für {word}.txt", "{word}.log", "{word}.bak", "Thumbs.db", ".DS_Store"],
        share: 18,
    },
    Area {
        path: "home/{user}/keep",
        depth: 1,
        files: &["{word}.log", "{word} {word}.txt", "important.bak"],
        share: 2,
    },
    Area {
        path: "usr/lib/python3/dist-packages/{word}_{word}/{word}/{word}/{word}",
        depth: 3,
        files: &["{word}.py", "{word}_{word}.py", "__init__.py", "__pycache__/{word}.cpython.pyc"],
        share: 60,
    },
    Area {
        path: "usr/share/icons/{Word}/scalable/{word}/{word}/{word}/{word}-{word}",
        depth: 2,
        files: &["{word}-{word}-symbolic.svg", "{word}.png", "{word}-{n}.png"],
        share: 30,
    },
    Area {
        path: "var/lib/{word}/{word}/volumes/{hex}{hex}/_data/{word}/{word}",
        depth: 2,
        files: &["{word}.db", "{word}.log.{d}", "core.{n}{n}", "{n}{n}.wal", "{word}.tmp"],
        share: 30,
    },
];

/// What folders deeper in an area are called.
const FOLDERS: &[&str] = &["{word}", "{word}-{word}", "{word}_{word}_{n}"];

const USERS: &[&str] = &["anna", "benedikt", "chidi", "dolores", "emil"];

const WORDS: &[&str] = &[
    "account",
    "adapter",
    "amber",
    "archive",
    "atlas",
    "audio",
    "backend",
    "balance",
    "binding",
    "border",
    "bridge",
    "buffer",
    "calendar",
    "camera",
    "canvas",
    "channel",
    "client",
    "codec",
    "common",
    "compiler",
    "config",
    "connection",
    "context",
    "control",
    "copper",
    "core",
    "cursor",
    "database",
    "decoder",
    "device",
    "dialog",
    "display",
    "driver",
    "editor",
    "element",
    "encoder",
    "engine",
    "event",
    "export",
    "fabric",
    "filter",
    "firmware",
    "format",
    "frame",
    "gallery",
    "garden",
    "graph",
    "handler",
    "harbour",
    "header",
    "history",
    "image",
    "import",
    "index",
    "input",
    "invoice",
    "journal",
    "kernel",
    "keyboard",
    "layout",
    "ledger",
    "library",
    "lisbon",
    "loader",
    "manager",
    "matrix",
    "media",
    "memory",
    "message",
    "metrics",
    "mirror",
    "module",
    "network",
    "notes",
    "object",
    "option",
    "orchard",
    "output",
    "packet",
    "palette",
    "parser",
    "pattern",
    "pixel",
    "platform",
    "plugin",
    "pointer",
    "policy",
    "printer",
    "process",
    "profile",
    "protocol",
    "queue",
    "reader",
    "record",
    "registry",
    "render",
    "report",
    "request",
    "resolver",
    "river",
    "router",
    "sample",
    "scanner",
    "schema",
    "screen",
    "sensor",
    "server",
    "session",
    "shader",
    "signal",
    "socket",
    "source",
    "stream",
    "string",
    "summer",
    "switch",
    "symbol",
    "table",
    "tablet",
    "target",
    "template",
    "terminal",
    "texture",
    "thread",
    "timer",
    "token",
    "topic",
    "trace",
    "transport",
    "tree",
    "value",
    "vector",
    "video",
    "viewer",
    "widget",
    "window",
    "winter",
    "worker",
    "writer",
    "zone",
];

impl Random {
    fn pick(&mut self, from: &[&'static str]) -> &'static str {
        from[self.below(from.len())]
    }

    /// Fills a template in: `{word}` and `{Word}`, `{user}`, `{hex}`, `{n}` and `{d}` for numbers
    /// of two digits and of one.
    fn fill(&mut self, template: &str) -> String {
        let mut text = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            let (key, after) = after.split_once('}').unwrap_or((after, ""));
            text.push_str(before);
            match key {
                "word" => text.push_str(self.pick(WORDS)),
                "Word" => {
                    let word = self.pick(WORDS);
                    text.push_str(&word[..1].to_ascii_uppercase());
                    text.push_str(&word[1..]);
                }
                "user" => text.push_str(self.pick(USERS)),
                "hex" => text.push_str(&format!("{:016x}", self.next_number())),
                "n" => text.push_str(&format!("{:02}", self.below(100))),
                _ => text.push_str(&self.below(10).to_string()),
            }
            rest = after;
        }
        text + rest
    }
}

/// A tree of about so many entries, directories among them.
pub(super) fn tree(entries: usize) -> Tree {
    let mut random = Random(1);
    let mut tree = Tree::empty(String::from("a tree that is made up"));
    for area in AREAS {
        let goal = tree.entries() + entries * area.share / 1000;
        while tree.entries() < goal {
            let mut folder = random.fill(area.path);
            for _ in 0..random.below(area.depth + 1) {
                let name = random.pick(FOLDERS);
                folder.push('/');
                folder.push_str(&random.fill(name));
            }
            for _ in 0..4 + random.below(30) {
                let name = random.pick(area.files);
                tree.add(&format!("{folder}/{}", random.fill(name)));
            }
        }
    }
    tree
}
