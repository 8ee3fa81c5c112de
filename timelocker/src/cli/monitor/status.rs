//! How the last backups went: the document of `--status-file`.

use serde::{Deserialize, Serialize};

/// Another number if anything that was there is not any more, or means something else.
const VERSION: u32 = 1;

/// The document.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Status {
    version: u32,
    pub(crate) program: String,
    pub(crate) updated: Option<String>,
    pub(crate) profiles: Vec<ProfileStatus>,
}

/// What is known of a profile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ProfileStatus {
    pub(crate) profile: String,
    pub(crate) state: State,
    pub(crate) repository: Option<String>,
    pub(crate) running_since: Option<String>,
    /// The last backup that has ended.
    pub(crate) last_attempt: Option<Attempt>,
    /// The last one that was complete.
    pub(crate) last_success: Option<Success>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// No backup has begun yet.
    #[default]
    Never,
    Running,
    Ok,
    Incomplete,
    Failed,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Attempt {
    pub(crate) started: String,
    pub(crate) ended: String,
    pub(crate) duration: Option<f64>,
    pub(crate) state: State,
    pub(crate) exit_code: u8,
    pub(crate) error: Option<String>,
    pub(crate) snapshot: Option<String>,
    pub(crate) figures: Option<Figures>,
}

/// The figures of a snapshot.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Figures {
    pub(crate) files_new: u64,
    pub(crate) files_changed: u64,
    pub(crate) files_unmodified: u64,
    pub(crate) bytes_processed: u64,
    pub(crate) data_added: u64,
    pub(crate) data_added_packed: u64,
    /// What was selected and could not be read.
    pub(crate) unread: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Success {
    pub(crate) time: String,
    pub(crate) snapshot: Option<String>,
}

impl Status {
    /// `None` for what is no such document, or one of a later version.
    pub(crate) fn of_json(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().filter(|status: &Self| status.version == VERSION)
    }

    pub(crate) fn to_json(&self) -> serde_json::Result<String> {
        let text = serde_json::to_string_pretty(&Self { version: VERSION, ..self.clone() })?;
        Ok(text + "\n")
    }

    /// On one line.
    pub(crate) fn to_short_json(&self) -> serde_json::Result<String> {
        serde_json::to_string(&Self { version: VERSION, ..self.clone() })
    }

    pub(crate) fn profile(&mut self, name: &str) -> &mut ProfileStatus {
        let known = self.profiles.iter().position(|profile| profile.profile == name);
        let at = known.unwrap_or_else(|| {
            self.profiles.push(ProfileStatus {
                profile: name.to_owned(),
                state: State::Never,
                repository: None,
                running_since: None,
                last_attempt: None,
                last_success: None,
            });
            self.profiles.len() - 1
        });
        &mut self.profiles[at]
    }

    /// Brings the profiles into this order; the others stay behind them.
    pub(crate) fn sort(&mut self, order: &[&str]) {
        let place = |profile: &ProfileStatus| {
            order.iter().position(|name| *name == profile.profile).unwrap_or(order.len())
        };
        self.profiles.sort_by_key(place);
    }
}
