PRAGMA defer_foreign_keys = ON;

-- LOSS: drops the table `books` with its rows.
DROP TABLE "books";

-- LOSS: drops the table `authors` with its rows.
DROP TABLE "authors";
