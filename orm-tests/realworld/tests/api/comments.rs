use orm_core::Result;
use orm_tests::{TestDatabase, on_every_backend};
use serde_json::{Value as Json, json};

use crate::client::start;

on_every_backend! {
    async fn comments_are_written_read_and_hidden(database: TestDatabase) -> Result<()> {
        let anyone = start(&database).await?;
        let (jake, jane) = (anyone.register("jake").await, anyone.register("jane").await);
        jake.write("dragons").await;
        let comments = "/articles/dragons/comments";
        assert_eq!(anyone.get(comments).await.is(200, 2), json!({"comments": []}));

        let say = |text: &str| json!({"comment": {"body": text}});
        let first = jane.post(comments, say("thanks")).await.is(201, 3);
        assert_eq!(first["comment"]["body"], json!("thanks"));
        assert_eq!(first["comment"]["author"]["username"], json!("jane"));
        jake.post(comments, say("you are welcome")).await.is(201, 3);
        jake.post("/profiles/jane/follow", json!({})).await.links(200, 2);

        // Two statements, however many there are.
        let read = jake.get(comments).await.is(200, 2);
        let authors: Vec<&Json> = read["comments"].as_array().expect("a list").iter().map(|one| &one["author"]).collect();
        assert_eq!((&authors[0]["username"], &authors[0]["following"]), (&json!("jane"), &json!(true)));
        assert_eq!((&authors[1]["username"], &authors[1]["following"]), (&json!("jake"), &json!(false)));
        let mut fields: Vec<&String> = first["comment"].as_object().expect("an object").keys().collect();
        fields.sort();
        assert_eq!(fields, ["author", "body", "createdAt", "id", "updatedAt"]);

        let path = format!("{comments}/{}", first["comment"]["id"]);
        jake.delete(&path).await.is(403, 1);
        anyone.delete(&path).await.is(401, 0);
        jane.delete(&path.replace("dragons", "others")).await.is(404, 1);
        jane.delete(&path).await.is(204, 2);
        jane.delete(&path).await.is(404, 1);
        let read = anyone.get(comments).await.is(200, 2);
        assert_eq!(read["comments"].as_array().map(Vec::len), Some(1));
        assert_eq!(read["comments"][0]["body"], json!("you are welcome"));

        jane.post(comments, say("")).await.is(422, 0);
        jane.post("/articles/nothing/comments", say("hm")).await.is(404, 1);
        anyone.get("/articles/nothing/comments").await.is(404, 1);
        Ok(())
    }
}
