use orm_core::Result;
use orm_tests::{TestDatabase, on_every_backend};
use serde_json::{Value as Json, json};

use crate::client::start;

on_every_backend! {
    async fn users_register_log_in_and_change_themselves(database: TestDatabase) -> Result<()> {
        let anyone = start(&database).await?;
        let jake = json!({"username": "jake", "email": "jake@example.com", "password": "sesame"});
        let body = anyone.post("/users", json!({ "user": jake })).await.is(201, 1);
        let token = body["user"]["token"].as_str().expect("a token").to_owned();
        let own = |token: &str| {
            json!({"user": {"username": "jake", "email": "jake@example.com", "bio": null, "image": null, "token": token}})
        };
        assert_eq!(body, own(&token), "neither the key nor the password");

        let login = |password: &str| json!({"user": {"email": "jake@example.com", "password": password}});
        let body = anyone.post("/users/login", login("sesame")).await.is(200, 1);
        assert_eq!(body["user"]["username"], json!("jake"));
        anyone.post("/users/login", login("Sesame")).await.is(401, 1);
        anyone.post("/users/login", json!({"user": {"email": "no", "password": "sesame"}})).await.is(401, 1);

        let jake = anyone.with_token(&token);
        let body = jake.get("/user").await.is(200, 1);
        assert_eq!(body["user"]["email"], json!("jake@example.com"));

        // Absent fields stay, and `null` is a value.
        let change = json!({"user": {"bio": "writes", "image": "jake.png"}});
        let body = jake.put("/user", change).await.is(200, 2);
        assert_eq!((&body["user"]["bio"], &body["user"]["username"]), (&json!("writes"), &json!("jake")));
        let body = jake.put("/user", json!({"user": {"bio": null, "password": "open"}})).await.is(200, 2);
        assert_eq!((&body["user"]["bio"], &body["user"]["image"]), (&Json::Null, &json!("jake.png")));
        anyone.post("/users/login", login("sesame")).await.is(401, 1);
        anyone.post("/users/login", login("open")).await.is(200, 1);
        Ok(())
    }

    async fn invalid_users_get_errors_by_field(database: TestDatabase) -> Result<()> {
        let anyone = start(&database).await?;
        let jake = anyone.register("jake").await;
        anyone.register("jane").await;

        let taken = |name: &str, email: &str| json!({"user": {"username": name, "email": email, "password": "p"}});
        let body = anyone.post("/users", taken("jake", "new@example.com")).await.is(422, 1);
        assert_eq!(body, json!({"errors": {"username": ["has already been taken"]}}));
        let body = anyone.post("/users", taken("new", "jake@example.com")).await.is(422, 1);
        assert_eq!(body, json!({"errors": {"email": ["has already been taken"]}}));
        let body = jake.put("/user", json!({"user": {"username": "jane"}})).await.is(422, 2);
        assert_eq!(body, json!({"errors": {"username": ["has already been taken"]}}));
        let body = anyone.post("/users", taken(" ", "new@example.com")).await.is(422, 0);
        assert_eq!(body, json!({"errors": {"username": ["can't be blank"]}}));
        let body = anyone.post("/users", json!({"user": {"username": "new"}})).await.is(422, 0);
        assert_eq!(body, json!({"errors": {"email": ["can't be blank"]}}));
        let body = anyone.post("/users", taken(&"n".repeat(81), "new@example.com")).await.is(422, 0);
        assert_eq!(body, json!({"errors": {"username": ["has 81 characters, and may have 80"]}}));

        // A client sets what it may, and nothing else.
        let body = jake.put("/user", json!({"user": {"id": 7, "username": null}})).await.is(422, 1);
        assert_eq!(body, json!({"errors": {"id": ["is not known"], "username": ["must not be null"]}}));

        anyone.get("/user").await.is(401, 0);
        let forged = anyone.with_token("1.99999999999.AAAA");
        forged.get("/user").await.is(401, 0);
        forged.get("/articles").await.is(401, 0);
        Ok(())
    }

    async fn users_follow_each_other(database: TestDatabase) -> Result<()> {
        let anyone = start(&database).await?;
        let jake = anyone.register("jake").await;
        anyone.register("jane").await;
        let jane = |following: bool| {
            json!({"profile": {"username": "jane", "bio": null, "image": null, "following": following}})
        };
        assert_eq!(anyone.get("/profiles/jane").await.is(200, 1), jane(false));
        assert_eq!(jake.get("/profiles/jane").await.is(200, 1), jane(false));

        assert_eq!(jake.post("/profiles/jane/follow", json!({})).await.links(200, 2), jane(true));
        assert_eq!(jake.post("/profiles/jane/follow", json!({})).await.status, 200, "following twice is allowed");
        assert_eq!(jake.get("/profiles/jane").await.is(200, 1), jane(true));
        assert_eq!(anyone.get("/profiles/jane").await.is(200, 1), jane(false));
        assert_eq!(jake.delete("/profiles/jane/follow").await.is(200, 2), jane(false));
        assert_eq!(jake.get("/profiles/jane").await.is(200, 1), jane(false));

        anyone.post("/profiles/jane/follow", json!({})).await.is(401, 0);
        jake.get("/profiles/nobody").await.is(404, 1);
        jake.post("/profiles/nobody/follow", json!({})).await.is(404, 1);
        Ok(())
    }
}
