-- Each of these statements commits by itself: a failure leaves what was executed before it.

-- LOSS: drops the table `follows` with its rows.
DROP TABLE `follows`;

-- LOSS: drops the table `favourites` with its rows.
DROP TABLE `favourites`;

-- LOSS: drops the table `comments` with its rows.
DROP TABLE `comments`;

-- LOSS: drops the table `article_tags` with its rows.
DROP TABLE `article_tags`;

-- LOSS: drops the table `tags` with its rows.
DROP TABLE `tags`;

-- LOSS: drops the table `articles` with its rows.
DROP TABLE `articles`;

-- LOSS: drops the table `users` with its rows.
DROP TABLE `users`;
