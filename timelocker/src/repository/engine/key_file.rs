//! The key file of a new repository: its master key, under a key derived from the password.
//!
//! The engine would make one too, whose derivation takes 128 MiB of memory each time the repository
//! is opened. This is the most that a backup takes, and four times as much as with restic, which
//! uses the same derivation. Here it is as much work as the engine's, in restic's memory.

use nix::unistd::{User, gethostname, getuid};
use rand::Rng;
use rustic_core::jiff::Zoned;
use rustic_core::repofile::{KeyFile, MasterKey};
use rustic_core::{FileType, Id, WriteBackend};
use scrypt::Params;
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

use super::cipher::Cipher;
use crate::error::Cause;
use crate::repository::password::Password;

/// N is 2^15, in blocks of 1 KiB: 32 MiB.
const LOG_N: u8 = 15;
const BLOCK: u32 = 8;
/// One pass after the other.
const PASSES: u32 = 4;

/// Makes a master key, and writes its key file, which is named by the id.
pub(in crate::repository) fn create(
    backend: &dyn WriteBackend,
    password: &Password,
) -> Result<(Id, MasterKey), Cause> {
    let master = MasterKey::new();
    let file = serde_json::to_vec(&sealed(&master, password)?)?;
    let name = Sha256::digest(&file).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let id = name.parse()?;
    backend.write_bytes(FileType::Key, &id, false, file.into())?;
    Ok((id, master))
}

fn sealed(master: &MasterKey, password: &Password) -> Result<KeyFile, Cause> {
    let params = Params::new(LOG_N, BLOCK, PASSES)?;
    let mut salt = vec![0; 64];
    rand::rng().fill_bytes(&mut salt);
    let mut derived = Zeroizing::new([0; 64]);
    scrypt::scrypt(password.text().as_bytes(), &salt, &params, &mut *derived)?;
    // Its parts are drawn at random, and replaced: the engine does not export their type.
    let mut own = MasterKey::new();
    own.encrypt.copy_from_slice(&derived[..32]);
    own.mac.k.copy_from_slice(&derived[32..48]);
    own.mac.r.copy_from_slice(&derived[48..]);
    let cipher = Cipher::new(own).ok_or("the derived key is of the wrong length")?;
    let mut plain = serde_json::to_vec(master)?;
    let data = cipher.encrypt(&plain);
    plain.zeroize();
    Ok(KeyFile {
        hostname: gethostname().ok().map(|name| name.to_string_lossy().into_owned()),
        username: User::from_uid(getuid()).ok().flatten().map(|user| user.name),
        created: Some(Zoned::now()),
        kdf: "scrypt".to_owned(),
        n: 1 << LOG_N,
        r: BLOCK,
        p: PASSES,
        data: data?,
        salt,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_engine_opens_it_with_the_password_alone() {
        let master = MasterKey::new();
        let file = sealed(&master, &Password::new("right")).unwrap();
        assert!(file.key_from_password(&"right").is_ok());
        assert!(file.key_from_password(&"wrong").is_err());
        // No more memory than restic takes: 128 N r bytes.
        assert!(128 * file.n * file.r <= 32 << 20);
    }
}
