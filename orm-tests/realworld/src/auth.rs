//! Passwords, tokens, and the user of a request.

use std::num::NonZeroU32;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use chrono::{TimeDelta, Utc};
use data_encoding::BASE64URL_NOPAD as BASE64;
use ring::rand::{SecureRandom, SystemRandom};
use ring::{hmac, pbkdf2};
use tokio::task::spawn_blocking;

use crate::App;
use crate::failure::Failure;

/// The user who sent the request: one with a valid token. `Option<Me>` accepts requests without a token too.
#[derive(Debug, Clone, Copy)]
pub struct Me(pub i64);

impl FromRequestParts<App> for Me {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Me, Failure> {
        let header = parts.headers.get(AUTHORIZATION).and_then(|header| header.to_str().ok());
        let token = header.and_then(|header| header.strip_prefix("Token "));
        token.and_then(|token| app.signer.user(token)).map(Me).ok_or(Failure::Unauthorized)
    }
}

impl OptionalFromRequestParts<App> for Me {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Option<Me>, Failure> {
        match parts.headers.contains_key(AUTHORIZATION) {
            true => <Me as FromRequestParts<App>>::from_request_parts(parts, app).await.map(Some),
            false => Ok(None),
        }
    }
}

/// Signs tokens: `user.expiry.signature`. The server stores none.
#[derive(Debug, Clone)]
pub struct Signer(hmac::Key);

impl Signer {
    const LIFETIME: TimeDelta = TimeDelta::days(30);

    /// Tokens stay valid while the secret is the same.
    pub fn new(secret: &[u8]) -> Signer {
        Signer(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// Tokens end with the process.
    pub fn random() -> Signer {
        Signer::new(&random::<32>())
    }

    pub fn token(&self, user: i64) -> String {
        let claim = format!("{user}.{}", (Utc::now() + Signer::LIFETIME).timestamp());
        let signature = hmac::sign(&self.0, claim.as_bytes());
        format!("{claim}.{}", BASE64.encode(signature.as_ref()))
    }

    /// Whose token it is; `None` if it was not signed here, or has expired.
    fn user(&self, token: &str) -> Option<i64> {
        let (claim, signature) = token.rsplit_once('.')?;
        let signature = BASE64.decode(signature.as_bytes()).ok()?;
        hmac::verify(&self.0, claim.as_bytes(), &signature).ok()?;
        let (user, expiry) = claim.split_once('.')?;
        let expiry: i64 = expiry.parse().ok()?;
        user.parse().ok().filter(|_| Utc::now().timestamp() < expiry)
    }
}

const ALGORITHM: pbkdf2::Algorithm = pbkdf2::PBKDF2_HMAC_SHA512;

/// How often a password is hashed. More is safer and slower; tests need only once.
#[derive(Debug, Clone, Copy)]
pub struct Rounds(pub NonZeroU32);

impl Rounds {
    /// What OWASP recommends for this algorithm.
    pub const SAFE: Rounds = Rounds(NonZeroU32::new(210_000).unwrap());
}

/// What is stored of a password: `rounds.salt.hash`. It takes a while on purpose, so it runs where it blocks no other
/// request.
pub async fn hash(rounds: Rounds, password: String) -> String {
    let work = move || {
        let (salt, mut hash) = (random::<16>(), [0; 64]);
        pbkdf2::derive(ALGORITHM, rounds.0, &salt, password.as_bytes(), &mut hash);
        format!("{}.{}.{}", rounds.0, BASE64.encode(&salt), BASE64.encode(&hash))
    };
    spawn_blocking(work).await.expect("hashing does not fail")
}

/// Whether a password is the stored one.
pub async fn verify(password: String, stored: String) -> bool {
    let work = move || {
        let mut parts = stored.splitn(3, '.');
        let rounds = parts.next()?.parse().ok()?;
        let salt = BASE64.decode(parts.next()?.as_bytes()).ok()?;
        let hash = BASE64.decode(parts.next()?.as_bytes()).ok()?;
        pbkdf2::verify(ALGORITHM, rounds, &salt, password.as_bytes(), &hash).ok()
    };
    spawn_blocking(work).await.is_ok_and(|same| same.is_some())
}

fn random<const LENGTH: usize>() -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    SystemRandom::new().fill(&mut bytes).expect("the system has random numbers");
    bytes
}
