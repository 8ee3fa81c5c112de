//! Creates a bucket of S3, which opendal does not: one request, signed by version 4 of AWS's
//! signatures.

use std::collections::BTreeMap;
use std::env;
use std::io;
use std::time::SystemTime;

use sha2::{Digest, Sha256};
use ureq::http::{Method, Request, StatusCode};
use zeroize::Zeroizing;

use super::http::Client;

/// A bucket that may be created.
pub(super) struct Bucket {
    client: Client,
    endpoint: String,
    name: String,
    region: String,
    /// Access key, secret key and session token.
    keys: Option<(String, Zeroizing<String>, Option<String>)>,
}

impl Bucket {
    /// The bucket that options of the service name. Its keys are those of the options or the
    /// environment; with others, such as a machine's role, it has to exist.
    pub(super) fn new(client: Client, options: &BTreeMap<String, String>) -> Option<Self> {
        let option = |name: &str| options.get(name).cloned();
        let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
        let user = option("access_key_id").or_else(|| variable("AWS_ACCESS_KEY_ID"));
        let secret = option("secret_access_key").or_else(|| variable("AWS_SECRET_ACCESS_KEY"));
        let token = option("session_token").or_else(|| variable("AWS_SESSION_TOKEN"));
        Some(Self {
            client,
            endpoint: option("endpoint")?.trim_end_matches('/').to_owned(),
            name: option("bucket")?,
            region: option("region")?,
            keys: user.zip(secret).map(|(user, secret)| (user, secret.into(), token)),
        })
    }

    /// Creates it. One that exists by now is as good.
    pub(super) fn create(&self) -> io::Result<()> {
        let Some(keys) = &self.keys else {
            let why = format!("the bucket `{}` does not exist; create it first", self.name);
            return Err(io::Error::new(io::ErrorKind::NotFound, why));
        };
        let body = match &*self.region {
            // The default must not be named.
            "us-east-1" | "auto" => String::new(),
            region => format!(
                "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
                 <LocationConstraint>{region}</LocationConstraint></CreateBucketConfiguration>"
            ),
        };
        let (_, host) = self.endpoint.split_once("://").unwrap_or(("", &self.endpoint));
        let path = format!("/{}", self.name);
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let time = timestamp(now.as_secs());
        let digest = hex(&Sha256::digest(body.as_bytes()));
        let mut headers = vec![
            ("host", host.to_owned()),
            ("x-amz-content-sha256", digest.clone()),
            ("x-amz-date", time.clone()),
        ];
        if let (_, _, Some(token)) = keys {
            headers.push(("x-amz-security-token", token.clone()));
        }
        let authorization =
            sign(("PUT", &path, &digest), &headers, (&keys.0, &keys.1), &self.region, &time);
        let mut request =
            Request::builder().method(Method::PUT).uri(format!("{}{path}", self.endpoint));
        for (name, value) in headers.iter().filter(|(name, _)| *name != "host") {
            request = request.header(*name, value);
        }
        let request = request.header("authorization", authorization.as_str()).body(body.as_bytes());
        let request =
            request.map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        let answer = self.client.send(request)?;
        let is_there = answer.status == StatusCode::CONFLICT
            && String::from_utf8_lossy(&answer.body).contains("BucketAlreadyOwnedByYou");
        if answer.status.is_success() || is_there {
            return Ok(());
        }
        let refusal = answer.refusal();
        let why = format!("could not create the bucket `{}`: {refusal}", self.name);
        Err(io::Error::new(refusal.kind(), why))
    }
}

/// Value of the header that signs a request. The headers are in the order of their names.
fn sign(
    (method, path, digest): (&str, &str, &str),
    headers: &[(&str, String)],
    (user, secret): (&str, &str),
    region: &str,
    time: &str,
) -> Zeroizing<String> {
    let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    let names = names.join(";");
    let lines: String =
        headers.iter().map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
    let canonical = format!("{method}\n{path}\n\n{lines}\n{names}\n{digest}");
    let date = &time[..8];
    let scope = format!("{date}/{region}/s3/aws4_request");
    let canonical = hex(&Sha256::digest(canonical.as_bytes()));
    let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{canonical}");
    let first = Zeroizing::new(format!("AWS4{secret}"));
    let key = [date, region, "s3", "aws4_request"]
        .iter()
        .fold(Zeroizing::new(first.as_bytes().to_vec()), |key, part| {
            Zeroizing::new(hmac(&key, part.as_bytes()).to_vec())
        });
    let signature = hex(&hmac(&key, text.as_bytes()));
    Zeroizing::new(format!(
        "AWS4-HMAC-SHA256 Credential={user}/{scope}, SignedHeaders={names}, Signature={signature}"
    ))
}

/// HMAC-SHA-256.
fn hmac(key: &[u8], text: &[u8]) -> [u8; 32] {
    let mut block = Zeroizing::new([0_u8; 64]);
    if key.len() > block.len() {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let padded = |pad: u8| Zeroizing::new(block.map(|byte| byte ^ pad));
    let inner = Sha256::new().chain_update(*padded(0x36)).chain_update(text).finalize();
    Sha256::new().chain_update(*padded(0x5c)).chain_update(inner).finalize().into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A time since 1970 as `20130524T000000Z`.
fn timestamp(seconds: u64) -> String {
    // Days since 0000-03-01, by years that begin in March.
    let (days, seconds) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let era = days % 146_097;
    let year_of_era = (era - era / 1460 + era / 36_524 - era / 146_096) / 365;
    let day = era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = days / 146_097 * 400 + year_of_era + u64::from(month <= 2);
    let (hour, minute) = (seconds / 3600, seconds / 60 % 60);
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{:02}Z", seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The signature is botocore's, for the keys of AWS's documentation.
    #[test]
    fn signatures_are_those_of_a_known_implementation() {
        let empty = hex(&Sha256::digest(b""));
        let headers = [
            ("host", "examplebucket.s3.amazonaws.com".to_owned()),
            ("x-amz-content-sha256", empty.clone()),
            ("x-amz-date", "20130524T000000Z".to_owned()),
        ];
        let keys = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
        let signed =
            sign(("PUT", "/bucket", &empty), &headers, keys, "us-east-1", "20130524T000000Z");
        assert_eq!(
            *signed,
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, \
             SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=9a2cc707098b56e0e43c98cce7b4861f\
             ed72491fce30210d2e7fcd8729147b20"
        );
    }

    #[test]
    fn hmac_is_that_of_rfc_4231() {
        let cases: [(&[u8], &[u8], &str); 2] = [
            (
                b"Jefe",
                b"what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                &[0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
        ];
        for (key, text, expected) in cases {
            assert_eq!(hex(&hmac(key, text)), expected);
        }
    }

    #[test]
    fn timestamps() {
        for (seconds, expected) in [
            (0, "19700101T000000Z"),
            (951_782_399, "20000228T235959Z"),
            (951_782_400, "20000229T000000Z"),
            (1_369_353_600, "20130524T000000Z"),
            (4_107_542_399, "21000228T235959Z"),
            (4_107_542_400, "21000301T000000Z"),
        ] {
            assert_eq!(timestamp(seconds), expected);
        }
    }
}
