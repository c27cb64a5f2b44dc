CREATE TABLE "authors" (
    "id" INTEGER NOT NULL PRIMARY KEY,
    "name" TEXT NOT NULL,
    "email" TEXT,
    UNIQUE ("email")
);

CREATE TABLE "books" (
    "id" INTEGER NOT NULL PRIMARY KEY,
    "author_id" INTEGER NOT NULL,
    "title" TEXT NOT NULL,
    FOREIGN KEY ("author_id") REFERENCES "authors" ("id")
);

CREATE INDEX "ix_books_author_id" ON "books" ("author_id");
