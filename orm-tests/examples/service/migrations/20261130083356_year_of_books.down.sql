-- LOSS: drops `books.published_in` with its values.
ALTER TABLE "books" DROP COLUMN "published_in";
