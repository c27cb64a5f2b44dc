use orm_core::Result;
use orm_tests::{TestDatabase, on_every_backend};
use serde_json::{Value as Json, json};

use crate::client::start;

fn dragons() -> Json {
    json!({"article": {
        "title": "How to train your dragon", "description": "Ever wonder how?", "body": "You have to believe.",
        "tagList": ["training", "dragons"],
    }})
}

const DRAGONS: &str = "/articles/how-to-train-your-dragon";

on_every_backend! {
    async fn articles_are_written_changed_and_deleted(database: TestDatabase) -> Result<()> {
        let anyone = start(&database).await?;
        let (jake, jane) = (anyone.register("jake").await, anyone.register("jane").await);

        let created = jake.post("/articles", dragons()).await.links(201, 5);
        let article = &created["article"];
        assert_eq!(article["tagList"], json!(["dragons", "training"]));
        assert_eq!(article["author"], json!({"username": "jake", "bio": null, "image": null, "following": false}));
        assert_eq!((&article["favorited"], &article["favoritesCount"]), (&json!(false), &json!(0)));
        assert_eq!(article["createdAt"], article["updatedAt"]);
        let mut fields: Vec<&String> = article.as_object().expect("an object").keys().collect();
        fields.sort();
        let known = [
            "author", "body", "createdAt", "description", "favorited", "favoritesCount", "slug", "tagList", "title",
            "updatedAt",
        ];
        assert_eq!(fields, known);
        assert_eq!(anyone.get(DRAGONS).await.is(200, 2), created);

        // A new title is a new slug.
        let change = json!({"article": {"title": "How to train two dragons"}});
        jane.put(DRAGONS, change.clone()).await.is(403, 1);
        let body = jake.put(DRAGONS, change).await.is(200, 4);
        assert_eq!(body["article"]["slug"], json!("how-to-train-two-dragons"));
        assert_eq!(body["article"]["body"], json!("You have to believe."));
        anyone.get(DRAGONS).await.is(404, 1);
        let two = "/articles/how-to-train-two-dragons";
        let body = jake.put(two, json!({"article": {"authorId": 2}})).await.is(422, 1);
        assert_eq!(body, json!({"errors": {"authorId": ["is not known"]}}));

        jane.post(&format!("{two}/comments"), json!({"comment": {"body": "thanks"}})).await.is(201, 3);
        jane.delete(two).await.is(403, 1);
        jake.delete(two).await.is(204, 6);
        anyone.get(two).await.is(404, 1);
        assert_eq!(anyone.get("/articles").await.is(200, 1)["articlesCount"], json!(0));
        Ok(())
    }

    async fn what_is_refused_leaves_nothing_behind(database: TestDatabase) -> Result<()> {
        let anyone = start(&database).await?;
        let jake = anyone.register("jake").await;
        jake.post("/articles", dragons()).await.links(201, 5);

        let mut again = dragons();
        again["article"]["tagList"] = json!(["new"]);
        let body = jake.post("/articles", again.clone()).await.is(422, 2);
        assert_eq!(body, json!({"errors": {"slug": ["has already been taken"]}}));
        assert_eq!(anyone.get("/tags").await.is(200, 1), json!({"tags": ["dragons", "training"]}));

        for tag in ["t".repeat(81), " ".to_owned()] {
            let mut tagged = dragons();
            tagged["article"]["tagList"] = json!([tag]);
            let body = jake.post("/articles", tagged).await.is(422, 0);
            assert_eq!(body, json!({"errors": {"tagList": ["has a tag that is blank or too long"]}}));
        }

        again["article"]["title"] = json!("?!");
        let body = jake.post("/articles", again.clone()).await.is(422, 0);
        assert_eq!(body, json!({"errors": {"title": ["can't be blank"]}}));
        again["article"]["title"] = json!("a".repeat(201));
        jake.post("/articles", again).await.is(422, 0);
        anyone.post("/articles", dragons()).await.is(401, 0);
        Ok(())
    }

    async fn articles_are_liked(database: TestDatabase) -> Result<()> {
        let anyone = start(&database).await?;
        let (jake, jane) = (anyone.register("jake").await, anyone.register("jane").await);
        jake.post("/articles", dragons()).await.links(201, 5);
        let like = format!("{DRAGONS}/favorite");
        let liked = |body: Json| (body["article"]["favorited"].clone(), body["article"]["favoritesCount"].clone());

        assert_eq!(liked(jane.post(&like, json!({})).await.links(200, 4)), (json!(true), json!(1)));
        assert_eq!(jane.post(&like, json!({})).await.status, 200, "liking twice is allowed");
        assert_eq!(liked(jake.get(DRAGONS).await.is(200, 2)), (json!(false), json!(1)));
        assert_eq!(liked(jake.post(&like, json!({})).await.links(200, 4)), (json!(true), json!(2)));
        assert_eq!(liked(jane.delete(&like).await.is(200, 4)), (json!(false), json!(1)));
        assert_eq!(liked(jane.delete(&like).await.is(200, 4)), (json!(false), json!(1)));
        anyone.post(&like, json!({})).await.is(401, 0);
        jane.post("/articles/nothing/favorite", json!({})).await.is(404, 1);
        Ok(())
    }
}
