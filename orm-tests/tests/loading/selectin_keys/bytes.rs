//! Keys of bytes.

use orm_core::prelude::*;

use crate::fixtures::{ids, record};

#[derive(Model, Debug)]
pub struct Blob {
    #[key]
    pub hash: Vec<u8>,
    #[has_many(key = "blob_hash", order_by = "id")]
    pub files: HasMany<File>,
}

#[derive(Model, Debug)]
pub struct File {
    #[key]
    pub id: i64,
    pub blob_hash: Vec<u8>,
    #[belongs_to(key = "blob_hash")]
    pub blob: BelongsTo<Blob>,
}

#[tokio::test]
async fn bytes_are_keys() -> Result<()> {
    let engine = Engine::connect("sqlite::memory:").await?;
    engine.create_all(schema![Blob, File]).await?;
    let hashes: [&[u8]; 5] = [b"", b"\0", b"\0\0", b"abc", &[0xff, 0xfe, 0x80]];
    let mut session = engine.session();
    for (id, hash) in (1..).zip(hashes) {
        let blob = session.add(Blob::draft().hash(hash));
        session.add(File::draft().id(id).blob(&blob));
        session.add(File::draft().id(id + 10).blob(&blob));
    }
    session.commit().await?;
    for joined in [false, true] {
        let mut session = engine.session();
        let log = record(&engine);
        let (blobs, files) = (select::<Blob>(), select::<File>().order_by(File::ID));
        let (blobs, files) = match joined {
            false => (
                session.all(blobs.with(Blob::FILES.selectin())).await?,
                engine.session().all(files.with(File::BLOB.selectin())).await?,
            ),
            true => (
                session.all(blobs.with(Blob::FILES.joined())).await?,
                engine.session().all(files.with(File::BLOB.joined())).await?,
            ),
        };
        assert_eq!(log.count(), if joined { 2 } else { 4 }, "{log}");
        for blob in &blobs {
            let at = hashes.iter().position(|hash| *hash == blob.hash).expect("a known hash");
            let id = i64::try_from(at).expect("small") + 1;
            assert_eq!(ids!(blob.get(Blob::FILES)), [id, id + 10]);
        }
        for (file, hash) in files.iter().zip(hashes) {
            assert_eq!(file.get(File::BLOB).hash, hash);
        }
        session.get::<Blob>(b"abc").await?.expect("it is held");
        assert_eq!(log.count(), if joined { 2 } else { 4 }, "{log}");
    }
    Ok(())
}
