use rustic_core::RepairIndexOptions;

use crate::cancel::CancelToken;
use crate::error::Error;
use crate::repository::Repository;
use crate::repository::lock::Purpose;
use crate::repository::session::{Access, Session};

impl Repository {
    /// Brings the index in line with the data that are there: what an interrupted backup has
    /// uploaded is used from now on, and what is gone is known to be, so that the next backup that
    /// reads the files stores it anew. Data are neither changed nor removed.
    ///
    /// A repository that is set to be appended to alone is left as it is.
    ///
    /// # Errors
    ///
    /// When the repository can't be read or written, or is in use ([`Error::is_locked`]).
    pub fn repair_index(&self, cancel: &CancelToken) -> Result<(), Error> {
        let session = self.session(Access {
            lock: Some(Purpose::Backup),
            cancel: Some(cancel.clone()),
            ..Access::default()
        })?;
        self.repair_index_in(&session)
    }

    pub(in crate::repository) fn repair_index_in(
        &self,
        session: &Session<'_>,
    ) -> Result<(), Error> {
        let engine = session.engine()?;
        if engine.config().append_only == Some(true) {
            return Ok(());
        }
        let options = RepairIndexOptions::default();
        session.run("repair the index of the repository", || engine.repair_index(&options, false))
    }
}
