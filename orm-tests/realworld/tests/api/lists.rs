use orm_core::Result;
use orm_tests::{TestDatabase, on_every_backend};
use serde_json::{Value as Json, json};

use crate::client::start;

fn titles(list: &Json) -> Vec<&str> {
    let articles = list["articles"].as_array().expect("a list");
    articles.iter().map(|article| article["title"].as_str().expect("a title")).collect()
}

on_every_backend! {
    async fn a_list_takes_three_statements(database: TestDatabase) -> Result<()> {
        let anyone = start(&database).await?;
        let empty = json!({"articles": [], "articlesCount": 0});
        assert_eq!(anyone.get("/articles").await.is(200, 1), empty, "nothing matches, so no page is read");

        let (jake, jane) = (anyone.register("jake").await, anyone.register("jane").await);
        for number in 1..=3 {
            let tags = ["even", "odd"][number % 2];
            let article = json!({
                "title": format!("jake {number}"), "description": "d", "body": "b", "tagList": [tags, "all"],
            });
            jake.post("/articles", json!({ "article": article })).await.links(201, 5);
        }
        jane.write("jane 1").await;
        jane.post("/articles/jake-2/favorite", json!({})).await.links(200, 4);
        jane.post("/profiles/jake/follow", json!({})).await.links(200, 2);

        let list = jane.get("/articles").await.is(200, 3);
        assert_eq!(titles(&list), ["jane 1", "jake 3", "jake 2", "jake 1"], "the newest first");
        assert_eq!(list["articlesCount"], json!(4));
        let second = &list["articles"][2];
        assert_eq!(second["tagList"], json!(["all", "even"]));
        assert_eq!((&second["favorited"], &second["favoritesCount"]), (&json!(true), &json!(1)));
        assert_eq!(second["author"], json!({"username": "jake", "bio": null, "image": null, "following": true}));
        assert_eq!(second.get("body"), None, "lists are without the text");
        assert_eq!(list["articles"][0]["author"]["following"], json!(false));
        let seen = anyone.get("/articles").await.is(200, 3);
        let seen = &seen["articles"][2];
        assert_eq!((&seen["favorited"], &seen["favoritesCount"]), (&json!(false), &json!(1)));
        assert_eq!(seen["author"]["following"], json!(false));

        let page = anyone.get("/articles?limit=2&offset=1").await.is(200, 3);
        assert_eq!((titles(&page), &page["articlesCount"]), (vec!["jake 3", "jake 2"], &json!(4)));
        let page = anyone.get("/articles?limit=2&offset=4").await.is(200, 2);
        assert_eq!((titles(&page), &page["articlesCount"]), (vec![], &json!(4)));

        let filtered = [
            ("tag=odd", vec!["jake 3", "jake 1"]),
            ("tag=none", vec![]),
            ("author=jane", vec!["jane 1"]),
            ("favorited=jane", vec!["jake 2"]),
            ("favorited=jake", vec![]),
            ("tag=all&author=jake&favorited=jane&limit=10", vec!["jake 2"]),
        ];
        for (filter, expected) in filtered {
            let page = jake.get(&format!("/articles?{filter}")).await;
            assert!(page.status == 200 && page.statements <= 3, "{filter}: {page:?}");
            assert_eq!(titles(&page.body), expected, "{filter}");
            assert_eq!(page.body["articlesCount"], json!(expected.len()), "{filter}");
        }

        let feed = jane.get("/articles/feed?limit=2").await.is(200, 3);
        assert_eq!((titles(&feed), &feed["articlesCount"]), (vec!["jake 3", "jake 2"], &json!(3)));
        assert_eq!(jake.get("/articles/feed").await.is(200, 1), empty);
        anyone.get("/articles/feed").await.is(401, 0);
        assert_eq!(anyone.get("/tags").await.is(200, 1), json!({"tags": ["all", "even", "odd"]}));
        Ok(())
    }

    async fn many_clients_write_and_read_at_once(database: TestDatabase) -> Result<()> {
        let anyone = start(&database).await?;
        let mut clients = Vec::new();
        for number in 0..4 {
            clients.push(anyone.register(&format!("user{number}")).await);
        }
        let work = clients.into_iter().enumerate().map(|(number, client)| {
            tokio::spawn(async move {
                for article in 0..5 {
                    client.write(&format!("article {number}{article}")).await;
                    let list = client.get("/articles?limit=50").await;
                    assert_eq!(list.status, 200, "{list:?}");
                    client.post(&format!("/articles/article-{number}{article}/favorite"), json!({})).await.links(200, 4);
                }
            })
        });
        for one in work.collect::<Vec<_>>() {
            one.await.expect("a client that is served");
        }
        let list = anyone.get("/articles?limit=50").await.is(200, 3);
        assert_eq!((titles(&list).len(), &list["articlesCount"]), (20, &json!(20)));
        Ok(())
    }
}
