CREATE TABLE "tags" (
    "name" TEXT NOT NULL,
    PRIMARY KEY ("name")
);

CREATE TABLE "users" (
    "id" INTEGER NOT NULL PRIMARY KEY,
    "username" TEXT NOT NULL,
    "email" TEXT NOT NULL,
    "password" TEXT NOT NULL,
    "bio" TEXT,
    "image" TEXT,
    UNIQUE ("username"),
    UNIQUE ("email")
);

CREATE TABLE "articles" (
    "id" INTEGER NOT NULL PRIMARY KEY,
    "slug" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "description" TEXT NOT NULL,
    "body" TEXT NOT NULL,
    "author_id" INTEGER NOT NULL,
    "created_at" TEXT NOT NULL,
    "updated_at" TEXT NOT NULL,
    UNIQUE ("slug"),
    FOREIGN KEY ("author_id") REFERENCES "users" ("id")
);

CREATE INDEX "ix_articles_author_id" ON "articles" ("author_id");

CREATE INDEX "ix_articles_created_at" ON "articles" ("created_at");

CREATE TABLE "article_tags" (
    "article_id" INTEGER NOT NULL,
    "tag" TEXT NOT NULL,
    PRIMARY KEY ("article_id", "tag"),
    FOREIGN KEY ("tag") REFERENCES "tags" ("name"),
    FOREIGN KEY ("article_id") REFERENCES "articles" ("id")
);

CREATE INDEX "lx_article_tags_tag" ON "article_tags" ("tag");

CREATE TABLE "comments" (
    "id" INTEGER NOT NULL PRIMARY KEY,
    "article_id" INTEGER NOT NULL,
    "author_id" INTEGER NOT NULL,
    "body" TEXT NOT NULL,
    "created_at" TEXT NOT NULL,
    "updated_at" TEXT NOT NULL,
    "deleted_at" TEXT,
    FOREIGN KEY ("author_id") REFERENCES "users" ("id"),
    FOREIGN KEY ("article_id") REFERENCES "articles" ("id")
);

CREATE INDEX "ix_comments_article_id" ON "comments" ("article_id");

CREATE TABLE "favourites" (
    "article_id" INTEGER NOT NULL,
    "user_id" INTEGER NOT NULL,
    PRIMARY KEY ("article_id", "user_id"),
    FOREIGN KEY ("user_id") REFERENCES "users" ("id"),
    FOREIGN KEY ("article_id") REFERENCES "articles" ("id")
);

CREATE INDEX "lx_favourites_user_id" ON "favourites" ("user_id");

CREATE TABLE "follows" (
    "follower_id" INTEGER NOT NULL,
    "followed_id" INTEGER NOT NULL,
    PRIMARY KEY ("follower_id", "followed_id"),
    FOREIGN KEY ("followed_id") REFERENCES "users" ("id"),
    FOREIGN KEY ("follower_id") REFERENCES "users" ("id")
);

CREATE INDEX "lx_follows_followed_id" ON "follows" ("followed_id");
