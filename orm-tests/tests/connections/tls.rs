//! TLS to a server with a certificate of an unknown authority: which settings connect, and which errors the others get.

use std::time::Duration;

use orm_core::options::{EngineBuilder, SslMode};
use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase, TlsServer, not_run, on_every_backend};

fn server(database: &TestDatabase) -> Option<&'static TlsServer> {
    if database.backend() == Backend::Sqlite {
        return None;
    }
    match TlsServer::of(database.backend()) {
        Ok(server) => Some(server),
        Err(reason) => {
            not_run("a server with TLS", &reason);
            None
        }
    }
}

/// Whether the database answers; connecting an engine asks it.
async fn works(builder: EngineBuilder) -> Result<()> {
    let engine = builder.pool_size(1).connect().await?;
    let mut session = engine.session();
    session.begin().await?;
    session.rollback().await?;
    engine.close().await;
    Ok(())
}

/// Whether the server was given to the tests, which then has what it has.
fn is_named(backend: Backend) -> bool {
    let variable = match backend {
        Backend::Postgres => "ORM_TEST_POSTGRES_URL",
        _ => "ORM_TEST_MYSQL_URL",
    };
    std::env::var_os(variable).is_some()
}

async fn refused(builder: EngineBuilder, kind: ErrorKind, part: &str) {
    let error = builder.connect().await.expect_err(part);
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.to_string().contains(part), "`{part}` is not in: {error}");
}

on_every_backend! {
    async fn a_server_proves_itself(database: TestDatabase) -> Result<()> {
        let Some(server) = server(&database) else { return Ok(()) };
        let at = |host: &str| Engine::builder(&server.url("orm", host));
        for mode in [SslMode::VerifyCa, SslMode::VerifyFull] {
            works(at("localhost").ssl_mode(mode).ssl_root_cert(server.authority())).await?;
            refused(at("localhost").ssl_mode(mode).ssl_root_cert(server.stranger()), ErrorKind::Connection, "`ssl_root_cert`").await;
            // The authorities that everybody knows did not sign it.
            refused(at("localhost").ssl_mode(mode), ErrorKind::Connection, "`ssl_root_cert`").await;
        }
        // The certificate is for another name.
        works(at("127.0.0.1").ssl_mode(SslMode::VerifyCa).ssl_root_cert(server.authority())).await?;
        let wrong = at("127.0.0.1").ssl_mode(SslMode::VerifyFull).ssl_root_cert(server.authority());
        refused(wrong, ErrorKind::Connection, "for the host of the URL").await;

        // Encrypted without verification, which this server still requires.
        works(at("127.0.0.1").ssl_mode(SslMode::Require)).await?;
        works(at("127.0.0.1")).await?;
        refused(at("127.0.0.1").ssl_mode(SslMode::Disable), ErrorKind::Connection, "cannot connect").await;
        Ok(())
    }

    async fn the_url_has_the_same_settings(database: TestDatabase) -> Result<()> {
        let Some(server) = server(&database) else { return Ok(()) };
        let [mode, file] = match database.backend() {
            Backend::Postgres => ["sslmode=verify-full", "sslrootcert"],
            _ => ["ssl-mode=VERIFY_IDENTITY", "ssl-ca"],
        };
        let url = |host: &str, ca: &std::path::Path| format!("{}?{mode}&{file}={}", server.url("orm", host), ca.display());
        works(Engine::builder(&url("localhost", server.authority()))).await?;
        refused(Engine::builder(&url("127.0.0.1", server.authority())), ErrorKind::Connection, "host").await;
        refused(Engine::builder(&url("localhost", server.stranger())), ErrorKind::Connection, "authority").await;
        // The builder has the last word.
        works(Engine::builder(&url("127.0.0.1", server.stranger())).ssl_mode(SslMode::Require)).await
    }

    async fn a_program_proves_itself(database: TestDatabase) -> Result<()> {
        let Some(server) = server(&database) else { return Ok(()) };
        server.make_card().await;
        let (cert, key) = server.client();
        let card = || Engine::builder(&server.url("card", "localhost")).ssl_mode(SslMode::VerifyFull).ssl_root_cert(server.authority());
        works(card().ssl_client_cert(cert, key)).await?;
        refused(card(), ErrorKind::Connection, "cannot connect").await;
        refused(card().ssl_client_cert(cert, "/there/is/no/key"), ErrorKind::Configuration, "/there/is/no/key").await;
        Ok(())
    }

    async fn a_dead_connection_is_replaced_before_it_is_used(database: TestDatabase) -> Result<()> {
        let Some(server) = server(&database) else { return Ok(()) };
        let (proxy, url) = server.behind_proxy().await;
        let builder = Engine::builder(&url).ssl_mode(SslMode::Require).pool_timeout(Duration::from_secs(20));
        let pinging = builder.clone().pool_size(2).pool_pre_ping(true).connect().await?;
        let recycling = builder.pool_size(1).pool_recycle(Duration::from_millis(1)).connect().await?;
        let both = async || {
            let (mut first, mut second, mut third) = (pinging.session(), pinging.session(), recycling.session());
            tokio::try_join!(async { first.begin().await?; second.begin().await }, third.begin())?;
            tokio::try_join!(first.rollback(), second.rollback(), third.rollback()).map(drop)
        };
        both().await?;
        // What comes back is asked whether it is alive, which has to be over.
        while pinging.status().idle < 2 || recycling.status().idle < 1 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        // The server does not answer farewells either.
        proxy.freeze();
        both().await?;
        proxy.freeze();
        tokio::join!(pinging.close(), recycling.close());
        Ok(())
    }

    async fn tls_is_for_servers(database: TestDatabase) -> Result<()> {
        if database.backend() == Backend::Sqlite {
            refused(database.builder().ssl_mode(SslMode::Require), ErrorKind::Configuration, "SQLite").await;
            return Ok(());
        }
        // The tests' own server has no TLS.
        if !is_named(database.backend()) {
            refused(database.builder().ssl_mode(SslMode::Require), ErrorKind::Connection, "TLS").await;
        }
        works(database.builder().ssl_mode(SslMode::Prefer)).await
    }
}
