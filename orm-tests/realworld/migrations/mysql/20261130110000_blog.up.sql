-- Each of these statements commits by itself: a failure leaves what was executed before it.

CREATE TABLE `users` (
    `id` bigint NOT NULL AUTO_INCREMENT,
    `username` varchar(80) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin NOT NULL,
    `email` varchar(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin NOT NULL,
    `password` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin NOT NULL,
    `bio` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin NULL,
    `image` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin NULL,
    UNIQUE INDEX `email` (`email`),
    PRIMARY KEY (`id`),
    UNIQUE INDEX `username` (`username`)
);

CREATE TABLE `articles` (
    `id` bigint NOT NULL AUTO_INCREMENT,
    `slug` varchar(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin NOT NULL,
    `title` varchar(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin NOT NULL,
    `description` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin NOT NULL,
    `body` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin NOT NULL,
    `author_id` bigint NOT NULL,
    `created_at` datetime(6) NOT NULL,
    `updated_at` datetime(6) NOT NULL,
    INDEX `ix_articles_author_id` (`author_id`),
    INDEX `ix_articles_created_at` (`created_at`),
    PRIMARY KEY (`id`),
    UNIQUE INDEX `slug` (`slug`),
    CONSTRAINT `fk_articles_author_id` FOREIGN KEY (`author_id`) REFERENCES `users` (`id`)
);

CREATE TABLE `tags` (
    `name` varchar(80) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin NOT NULL,
    PRIMARY KEY (`name`)
);

CREATE TABLE `article_tags` (
    `article_id` bigint NOT NULL,
    `tag` varchar(80) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin NOT NULL,
    INDEX `fk_article_tags_tag` (`tag`),
    PRIMARY KEY (`article_id`, `tag`),
    CONSTRAINT `fk_article_tags_article_id` FOREIGN KEY (`article_id`) REFERENCES `articles` (`id`),
    CONSTRAINT `fk_article_tags_tag` FOREIGN KEY (`tag`) REFERENCES `tags` (`name`)
);

CREATE TABLE `comments` (
    `id` bigint NOT NULL AUTO_INCREMENT,
    `article_id` bigint NOT NULL,
    `author_id` bigint NOT NULL,
    `body` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin NOT NULL,
    `created_at` datetime(6) NOT NULL,
    `updated_at` datetime(6) NOT NULL,
    `deleted_at` datetime(6) NULL,
    INDEX `fk_comments_author_id` (`author_id`),
    INDEX `ix_comments_article_id` (`article_id`),
    PRIMARY KEY (`id`),
    CONSTRAINT `fk_comments_article_id` FOREIGN KEY (`article_id`) REFERENCES `articles` (`id`),
    CONSTRAINT `fk_comments_author_id` FOREIGN KEY (`author_id`) REFERENCES `users` (`id`)
);

CREATE TABLE `favourites` (
    `article_id` bigint NOT NULL,
    `user_id` bigint NOT NULL,
    INDEX `fk_favourites_user_id` (`user_id`),
    PRIMARY KEY (`article_id`, `user_id`),
    CONSTRAINT `fk_favourites_article_id` FOREIGN KEY (`article_id`) REFERENCES `articles` (`id`),
    CONSTRAINT `fk_favourites_user_id` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`)
);

CREATE TABLE `follows` (
    `follower_id` bigint NOT NULL,
    `followed_id` bigint NOT NULL,
    INDEX `fk_follows_followed_id` (`followed_id`),
    PRIMARY KEY (`follower_id`, `followed_id`),
    CONSTRAINT `fk_follows_followed_id` FOREIGN KEY (`followed_id`) REFERENCES `users` (`id`),
    CONSTRAINT `fk_follows_follower_id` FOREIGN KEY (`follower_id`) REFERENCES `users` (`id`)
);
