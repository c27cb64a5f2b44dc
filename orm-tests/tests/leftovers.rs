//! What tests start and make is gone when they end, also when they are killed in the middle.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use orm_core::prelude::*;
use orm_tests::{Backend, PgBouncer, PrivateServer, TestDatabase, directory, not_run, run};

/// Where the child keeps what it makes; unset in the parent.
const CHILD: &str = "ORM_TEST_LEFTOVERS";

/// Is killed by the other test.
#[tokio::test]
async fn starts_one_of_each_kind() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let files = directory();
    fs::write(files.path().join("file"), "full").expect("there is room for a file");
    let postgres = PrivateServer::postgres("leftovers", &[]);
    let mariadb = PrivateServer::mariadb("leftovers", &[]).await;
    async fn test(database: TestDatabase) -> Result<()> {
        let pooler = (database.backend() == Backend::Postgres).then(|| PgBouncer::start(&database, true));
        println!("ready, with a pooler: {}", pooler.is_some_and(|pooler| pooler.is_ok()));
        std::future::pending().await
    }
    tokio::join!(run(Backend::Postgres, test), run(Backend::Mysql, test));
    drop((postgres, mariadb));
}

/// The processes whose command names a directory.
fn processes(directory: &Path) -> Vec<String> {
    let Ok(all) = fs::read_dir("/proc") else { return Vec::new() };
    let commands = all.filter_map(|entry| fs::read(entry.ok()?.path().join("cmdline")).ok());
    let texts = commands.map(|command| String::from_utf8_lossy(&command).replace('\0', " "));
    texts.filter(|text| text.contains(&*directory.to_string_lossy())).collect()
}

fn files(directory: &Path) -> Vec<String> {
    let all = fs::read_dir(directory).into_iter().flatten();
    all.filter_map(|entry| Some(entry.ok()?.path().display().to_string())).collect()
}

#[test]
fn nothing_is_left_of_tests_that_are_killed() {
    if !cfg!(target_os = "linux") {
        return not_run("/proc", "processes are looked for there");
    }
    let scratch = directory();
    // Servers run as other users.
    let everybody = std::os::unix::fs::PermissionsExt::from_mode(0o777);
    fs::set_permissions(scratch.path(), everybody).expect("it is ours");
    let mut command = Command::new(std::env::current_exe().expect("tests have a path"));
    command.args(["--exact", "starts_one_of_each_kind", "--nocapture"]);
    command.env(CHILD, "1").env("TMPDIR", scratch.path()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("it runs");
    let output = BufReader::new(child.stdout.take().expect("it is piped"));
    let ready =
        output.lines().map_while(std::result::Result::ok).filter(|line| line.contains("ready,")).take(2);
    assert_eq!(ready.count(), 2, "both databases are there");
    assert!(
        processes(scratch.path()).len() >= 5 && files(scratch.path()).len() >= 5,
        "there is something to end"
    );
    child.kill().expect("it can be killed");
    child.wait().expect("it has ended");
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let left = [processes(scratch.path()), files(scratch.path())].concat();
        if left.is_empty() {
            return;
        }
        assert!(Instant::now() < until, "{left:#?}");
        std::thread::sleep(Duration::from_millis(100));
    }
}
