use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

use sqlx::{Connection, Executor, PgConnection};

use crate::server::{Place, Server};
use crate::{Backend, FaultProxy};

/// A private server that accepts only TLS connections, with a certificate for `localhost` from its own authority.
#[derive(Debug)]
pub struct TlsServer {
    server: Server,
    certificates: Certificates,
}

/// The files that a server with TLS and its clients need.
#[derive(Debug, Clone)]
pub(crate) struct Certificates {
    pub(crate) authority: PathBuf,
    pub(crate) server: PathBuf,
    pub(crate) server_key: PathBuf,
    client: PathBuf,
    client_key: PathBuf,
    stranger: PathBuf,
}

impl TlsServer {
    /// The server of a backend, started at the first call.
    ///
    /// # Errors
    /// Why it is not available.
    pub fn of(backend: Backend) -> Result<&'static TlsServer, String> {
        static POSTGRES: OnceLock<Result<TlsServer, String>> = OnceLock::new();
        static MYSQL: OnceLock<Result<TlsServer, String>> = OnceLock::new();
        let server = match backend {
            Backend::Sqlite => return Err("SQLite has no server".to_owned()),
            Backend::Postgres => POSTGRES.get_or_init(|| {
                let (server, certificates) = crate::postgres::with_tls()?;
                Ok(TlsServer { server, certificates })
            }),
            Backend::Mysql | Backend::MysqlWithoutReturning => MYSQL.get_or_init(|| {
                let (server, certificates) = crate::mysql::with_tls()?;
                Ok(TlsServer { server, certificates })
            }),
        };
        server.as_ref().map_err(Clone::clone)
    }

    /// How a user connects to it at a host, which is `localhost` or `127.0.0.1`.
    pub fn url(&self, user: &str, host: &str) -> String {
        self.server.url.replace("orm@127.0.0.1", &format!("{user}@{host}"))
    }

    /// Its address with a proxy in front of it, which it returns as well.
    ///
    /// # Panics
    /// No port is free.
    pub async fn behind_proxy(&self) -> (FaultProxy, String) {
        let (user, place) = self.server.url.split_once('@').expect("the URL of a server names a user");
        let (server, name) = place.split_once('/').expect("the URL of a server names a database");
        let proxy = FaultProxy::new(server.to_owned()).await.expect("there is a free port");
        let url = format!("{user}@127.0.0.1:{}/{name}", proxy.port());
        (proxy, url)
    }

    /// The certificate of the authority that signed the server's.
    pub fn authority(&self) -> &Path {
        &self.certificates.authority
    }

    /// The certificate of another authority.
    pub fn stranger(&self) -> &Path {
        &self.certificates.stranger
    }

    /// Makes the user `card`, where the server did not begin with it.
    ///
    /// # Panics
    /// It is PostgreSQL and does not answer.
    pub async fn make_card(&self) {
        if self.server.url.starts_with("postgres") {
            let mut connection =
                PgConnection::connect(&self.url("orm", "127.0.0.1")).await.expect("the server answers");
            // It may exist already.
            let _ = connection.execute("CREATE ROLE card LOGIN").await;
        }
    }

    /// The certificate and the key of the user `card`.
    pub fn client(&self) -> (&Path, &Path) {
        (&self.certificates.client, &self.certificates.client_key)
    }
}

impl Certificates {
    /// Makes them in the directory of a server.
    pub(crate) fn make(place: &Place) -> Result<Certificates, String> {
        let (ours, theirs) = (authority("orm-tests").map_err(said)?, authority("nobody").map_err(said)?);
        let server = signed(vec!["localhost".to_owned()], "server", &ours).map_err(said)?;
        let client = signed(Vec::new(), "card", &ours).map_err(said)?;
        Ok(Certificates {
            authority: place.write("authority.pem", &ours.pem())?,
            server: place.write("server.pem", &server.0)?,
            server_key: place.write("server.key", &server.1)?,
            client: place.write("client.pem", &client.0)?,
            client_key: place.write("client.key", &client.1)?,
            stranger: place.write("stranger.pem", &theirs.pem())?,
        })
    }
}

fn authority(name: &str) -> Result<CertifiedIssuer<'static, KeyPair>, rcgen::Error> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    CertifiedIssuer::self_signed(params, KeyPair::generate()?)
}

/// A certificate and its key, as PEM.
fn signed(
    hosts: Vec<String>,
    name: &str,
    by: &CertifiedIssuer<'static, KeyPair>,
) -> Result<(String, String), rcgen::Error> {
    let mut params = CertificateParams::new(hosts)?;
    params.distinguished_name.push(DnType::CommonName, name);
    let key = KeyPair::generate()?;
    Ok((params.signed_by(&key, by)?.pem(), key.serialize_pem()))
}

fn said(error: rcgen::Error) -> String {
    format!("cannot make a certificate: {error}")
}
