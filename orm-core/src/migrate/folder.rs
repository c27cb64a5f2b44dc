//! Reads a folder of migrations.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use sqlx::migrate::Migrator;

use super::plan::File;
use crate::error::{Error, ErrorKind, Result};
use crate::value::Date;

/// Reads the migrations of a folder.
pub(super) async fn read(folder: &Path) -> Result<Migrator> {
    if !folder.is_dir() {
        let place = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        return Err(Error::new(
            ErrorKind::Migration,
            format!(
                "the folder `{}` does not exist; run this where the folder is, pass its path, or create the first \
                 migration with `new NAME`",
                place.display()
            ),
        ));
    }
    let migrator = Migrator::new(folder).await.map_err(|error| {
        let message = format!("the folder `{}` cannot be read as migrations: {error}", folder.display());
        Error::new(ErrorKind::Migration, message).with_source(error)
    })?;
    let ups = || migrator.iter().filter(|migration| migration.migration_type.is_up_migration());
    let twice = ups().zip(ups().skip(1)).find(|(one, next)| one.version == next.version);
    match twice {
        None => Ok(migrator),
        Some((one, next)) => Err(Error::new(
            ErrorKind::Migration,
            format!(
                "the folder `{}` has two migrations with the number {}: `{}` and `{}`; rename one, so that \
                 the later one has a higher number",
                folder.display(),
                one.version,
                one.description,
                next.description
            ),
        )),
    }
}

/// The names of new migrations.
#[derive(Debug)]
pub(super) struct Place {
    version: i64,
    name: String,
}

impl Place {
    /// The two files of a migration, which do not exist yet; of several the one with a number.
    fn files(&self, folder: &Path, number: usize) -> (PathBuf, PathBuf) {
        let tail = if number == 0 { String::new() } else { format!("_{}", number + 1) };
        let version = self.version + i64::try_from(number).unwrap_or_default();
        let file = |direction: &str| folder.join(format!("{version}_{}{tail}.{direction}.sql", self.name));
        (file("up"), file("down"))
    }
}

/// What a new migration is called.
pub(super) fn place(migrator: &Migrator, name: &str) -> Result<Place> {
    let name = file_name(name);
    if name.is_empty() {
        return Err(Error::new(ErrorKind::Migration, "a migration needs a name of letters: `new add_email`"));
    }
    let last = migrator.iter().map(|migration| migration.version).max().unwrap_or_default();
    Ok(Place { version: now().max(last + 1), name })
}

/// Writes all files of a migration, or none, and returns their paths.
pub(super) fn write(folder: &Path, place: &Place, files: &[File]) -> Result<Vec<PathBuf>> {
    let mut written = Vec::new();
    write_all(folder, place, files, &mut written).map_err(|error| {
        for path in &written {
            let _ = std::fs::remove_file(path);
        }
        let message = format!("the migration cannot be written to `{}`: {error}", folder.display());
        Error::new(ErrorKind::Migration, message).with_source(error)
    })?;
    Ok(written)
}

fn write_all(
    folder: &Path,
    place: &Place,
    files: &[File],
    written: &mut Vec<PathBuf>,
) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    for (number, file) in files.iter().enumerate() {
        let (up, down) = place.files(folder, number);
        for (path, text) in [(up, &file.up), (down, &file.down)] {
            written.push(path);
            if let Some(path) = written.last() {
                std::fs::write(path, text)?;
            }
        }
    }
    Ok(())
}

/// As files are called: `Add e-mail!` is `add_e_mail`.
fn file_name(name: &str) -> String {
    let words = name.split(|char: char| !char.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("_")
}

/// The time as migrations are numbered: `20260131235959`.
fn now() -> i64 {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    let days = i32::try_from(seconds / 86_400).unwrap_or_default();
    let (year, month, day) = Date::from_days(days).civil();
    let of_day = i64::try_from(seconds % 86_400).unwrap_or_default();
    let date = (i64::from(year) * 100 + i64::from(month)) * 100 + i64::from(day);
    ((date * 100 + of_day / 3_600) * 100 + of_day / 60 % 60) * 100 + of_day % 60
}

#[cfg(test)]
mod tests {
    use super::{file_name, now};

    #[test]
    fn names_of_files_are_plain() {
        assert_eq!(file_name("Add e-mail to users!"), "add_e_mail_to_users");
        assert_eq!(file_name("../../etc"), "etc");
        assert_eq!(file_name(" / "), "");
        assert!(now() > 20_250_101_000_000 && now() < 99_991_231_235_960, "{}", now());
    }
}
