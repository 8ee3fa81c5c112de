//! Values of the library as JSON has them. Sizes are in bytes, times in seconds or, of the day, as
//! RFC 3339 writes them, in UTC.

use std::fmt;
use std::path::Path;

use serde::Serialize;

use super::output::{Page, Style, Table, count, one_line, shown};
use super::time;
use crate::base64::base64;
use crate::monitoring::Size;
use crate::pattern::{Place, RuleInfo, Side};
use crate::repository::{Snapshot, Summary};
use crate::walk::{Exclusion, FileType, PathError, RuleUse};

/// A path, with replacement characters for what is not UTF-8.
pub(crate) fn path(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

#[derive(Debug, Serialize)]
pub(crate) struct SnapshotView {
    pub(crate) id: String,
    pub(crate) short_id: String,
    pub(crate) time: Option<String>,
    pub(crate) host: String,
    /// The label of the snapshot.
    pub(crate) profile: Option<String>,
    pub(crate) paths: Vec<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) parent: Option<String>,
    pub(crate) summary: Option<SummaryView>,
}

impl SnapshotView {
    pub(crate) fn of(snapshot: &Snapshot) -> Self {
        Self {
            id: snapshot.id().to_owned(),
            short_id: snapshot.short_id().to_owned(),
            time: time::utc(snapshot.time()),
            host: snapshot.host().to_owned(),
            profile: snapshot.label().map(str::to_owned),
            paths: snapshot.paths().map(str::to_owned).collect(),
            tags: snapshot.tags().map(str::to_owned).collect(),
            parent: snapshot.parent(),
            summary: snapshot.summary().map(SummaryView::of),
        }
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct SummaryView {
    pub(crate) files_new: u64,
    pub(crate) files_changed: u64,
    pub(crate) files_unmodified: u64,
    pub(crate) directories_new: u64,
    pub(crate) directories_changed: u64,
    pub(crate) directories_unmodified: u64,
    pub(crate) bytes_processed: u64,
    pub(crate) data_added: u64,
    pub(crate) data_added_packed: u64,
    pub(crate) duration: f64,
}

impl SummaryView {
    pub(crate) fn of(summary: Summary) -> Self {
        Self {
            files_new: summary.files_new,
            files_changed: summary.files_changed,
            files_unmodified: summary.files_unmodified,
            directories_new: summary.directories_new,
            directories_changed: summary.directories_changed,
            directories_unmodified: summary.directories_unmodified,
            bytes_processed: summary.bytes_processed,
            data_added: summary.data_added,
            data_added_packed: summary.data_added_packed,
            duration: summary.duration.as_secs_f64(),
        }
    }

    pub(crate) fn files(&self) -> u64 {
        self.files_new + self.files_changed + self.files_unmodified
    }
}

/// A path, and beside it its exact bytes in Base64 if it is not UTF-8. Shown, it is quoted where it
/// needs it.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct PathView {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_raw: Option<String>,
    #[serde(skip)]
    shown: String,
}

impl PathView {
    pub(crate) fn of(of: &Path) -> Self {
        Self { path: path(of), path_raw: raw(of), shown: shown(of) }
    }
}

impl fmt::Display for PathView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

/// The exact bytes of a path in Base64, if it is not UTF-8.
pub(crate) fn raw(path: &Path) -> Option<String> {
    path.to_str().is_none().then(|| base64(path.as_os_str().as_encoded_bytes()))
}

/// Something that failed at a path.
#[derive(Debug, Serialize)]
pub(crate) struct PathErrorView {
    #[serde(flatten)]
    pub(crate) path: PathView,
    pub(crate) message: String,
}

impl PathErrorView {
    pub(crate) fn of(error: &PathError) -> Self {
        Self { path: PathView::of(error.path()), message: error.to_string() }
    }

    pub(crate) fn all(errors: &[PathError]) -> Vec<Self> {
        errors.iter().map(Self::of).collect()
    }
}

/// Writes what could not be read, and what that means.
pub(crate) fn write_unread(errors: &[PathErrorView], indent: &str, page: &mut Page) {
    for error in errors {
        page.text(indent).styled(Style::Bad, one_line(&error.message)).text('\n');
    }
    if !errors.is_empty() {
        let failures = count(errors.len() as u64, "failure");
        page.line(format_args!("{indent}{failures}: nothing is known of what was not read"));
    }
}

/// What a rule, or another reason, takes off.
#[derive(Debug, Serialize)]
pub(crate) struct RuleUseView {
    rule: Option<String>,
    side: Option<&'static str>,
    place: Option<String>,
    reason: Option<&'static str>,
    files: u64,
    directories: u64,
    /// The sizes of the files that it takes off one by one.
    file_bytes: u64,
    /// All that it takes off, what is in directories too; `None` where that was not looked at.
    pub(crate) bytes: Option<u64>,
    unused: bool,
}

impl RuleUseView {
    pub(crate) fn of(taken: &RuleUse) -> Self {
        let rule = taken.rule();
        Self {
            rule: rule.map(|rule| String::from_utf8_lossy(rule.pattern()).into_owned()),
            side: rule.map(|rule| side(rule.side())),
            place: rule.and_then(RuleInfo::place).map(place),
            reason: None,
            files: taken.files(),
            directories: taken.directories(),
            file_bytes: taken.known_bytes(),
            bytes: taken.bytes(),
            unused: taken.is_unused(),
        }
    }

    pub(crate) fn of_reason(why: Exclusion, taken: &RuleUse) -> Self {
        Self { reason: Some(reason(why)), ..Self::of(taken) }
    }

    /// Adds what the directories hold that it takes off, which was looked at.
    pub(crate) fn add_directories(&mut self, bytes: u64) {
        self.bytes = Some(self.file_bytes + bytes);
    }

    /// Whether it takes anything off.
    pub(crate) fn takes(&self) -> bool {
        self.files + self.directories > 0
    }

    pub(crate) fn is_unused(&self) -> bool {
        self.unused
    }

    pub(crate) fn table(rules: &[&Self], indent: &'static str) -> Table {
        let mut table = Table::new(">>><<").indent(indent);
        table = table.head(["Files", "Directories", "Size", "Rule", "Place"]);
        for rule in rules {
            let size = match (rule.bytes, rule.directories) {
                (Some(bytes), _) => Size(bytes).to_string(),
                (None, _) if rule.file_bytes > 0 => format!("> {}", Size(rule.file_bytes)),
                (None, _) => "?".to_owned(),
            };
            let style = if rule.unused { Style::Notable } else { Style::Plain };
            let name = match (&rule.rule, rule.reason) {
                (Some(rule), _) => rule.clone(),
                (None, reason) => format!("({})", reason.unwrap_or("no rule")),
            };
            table.styled_row([
                (Style::Plain, rule.files.to_string()),
                (Style::Plain, rule.directories.to_string()),
                (Style::Plain, size),
                (style, name),
                (Style::Faint, rule.place.clone().unwrap_or_default()),
            ]);
        }
        table
    }
}

pub(crate) fn side(side: Side) -> &'static str {
    match side {
        Side::Exclude => "exclude",
        Side::Include => "include",
    }
}

pub(crate) fn place(place: &Place) -> String {
    format!("{}:{}", place.file(), place.line())
}

/// The name of a kind of entry.
pub(crate) fn file_type(file_type: FileType) -> &'static str {
    match file_type {
        FileType::File => "file",
        FileType::Directory => "directory",
        FileType::Symlink => "symlink",
        FileType::Fifo => "fifo",
        FileType::Socket => "socket",
        FileType::BlockDevice => "block_device",
        FileType::CharDevice => "char_device",
        _ => "other",
    }
}

/// Why something is left out, if not for a rule of the profile.
pub(crate) fn reason(why: Exclusion) -> &'static str {
    match why {
        Exclusion::Patterns => "not on the include list",
        Exclusion::Marked => "in a marked directory or a cache",
        Exclusion::Beside => "beside what marks it",
        Exclusion::Size => "too large",
        Exclusion::IgnoreFile => "an ignore file",
    }
}
