CREATE TABLE schema_migrations (version varchar(255) NOT NULL PRIMARY KEY);
CREATE TABLE ar_internal_metadata (`key` varchar(255) NOT NULL PRIMARY KEY, value varchar(255), created_at datetime(6) NOT NULL, updated_at datetime(6) NOT NULL);
CREATE TABLE users (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, email varchar(255) NOT NULL DEFAULT '', encrypted_password varchar(255) NOT NULL DEFAULT '',
    reset_password_token varchar(255), reset_password_sent_at datetime(6), sign_in_count int NOT NULL DEFAULT 0, admin tinyint(1) NOT NULL DEFAULT 0,
    created_at datetime(6) NOT NULL, updated_at datetime(6) NOT NULL, UNIQUE INDEX index_users_on_email (email),
    UNIQUE INDEX index_users_on_reset_password_token (reset_password_token));
CREATE TABLE posts (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, user_id bigint NOT NULL, title varchar(255), body text, status int NOT NULL DEFAULT 0,
    comments_count int NOT NULL DEFAULT 0, metadata json, rating decimal(5,2), mood enum('sad','very happy') NOT NULL DEFAULT 'sad',
    published_on date, created_at datetime(6) NOT NULL, updated_at datetime(6) NOT NULL,
    INDEX index_posts_on_user_id (user_id), INDEX index_posts_on_status_and_published_on (status, published_on),
    CONSTRAINT fk_rails_1 FOREIGN KEY (user_id) REFERENCES users (id));
CREATE TABLE comments (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, body text, commentable_type varchar(255) NOT NULL, commentable_id bigint NOT NULL,
    author_id bigint NOT NULL, parent_id bigint, created_at datetime(6) NOT NULL, updated_at datetime(6) NOT NULL,
    INDEX index_comments_on_commentable (commentable_type, commentable_id), INDEX index_comments_on_author_id (author_id),
    INDEX index_comments_on_parent_id (parent_id),
    CONSTRAINT fk_rails_2 FOREIGN KEY (author_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT fk_rails_3 FOREIGN KEY (parent_id) REFERENCES comments (id) ON DELETE SET NULL);
CREATE TABLE tags (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, name varchar(255) NOT NULL);
CREATE TABLE posts_tags (post_id bigint NOT NULL, tag_id bigint NOT NULL, INDEX index_posts_tags_on_post_id (post_id),
    CONSTRAINT fk_rails_4 FOREIGN KEY (post_id) REFERENCES posts (id), CONSTRAINT fk_rails_5 FOREIGN KEY (tag_id) REFERENCES tags (id));
CREATE TABLE taggings (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, post_id bigint NOT NULL, tag_id bigint NOT NULL,
    UNIQUE INDEX index_taggings (post_id, tag_id),
    CONSTRAINT fk_rails_6 FOREIGN KEY (post_id) REFERENCES posts (id), CONSTRAINT fk_rails_7 FOREIGN KEY (tag_id) REFERENCES tags (id));
CREATE TABLE sessions (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, session_id varchar(255) NOT NULL, data text, UNIQUE INDEX index_sessions (session_id));
CREATE TABLE active_storage_blobs (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, `key` varchar(255) NOT NULL, filename varchar(255) NOT NULL,
    content_type varchar(255), metadata text, service_name varchar(255) NOT NULL, byte_size bigint NOT NULL, checksum varchar(255),
    created_at datetime(6) NOT NULL, UNIQUE INDEX index_active_storage_blobs_on_key (`key`));
CREATE TABLE active_storage_attachments (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, name varchar(255) NOT NULL, record_type varchar(255) NOT NULL,
    record_id bigint NOT NULL, blob_id bigint NOT NULL, created_at datetime(6) NOT NULL,
    UNIQUE INDEX index_active_storage_attachments_uniqueness (record_type, record_id, name, blob_id),
    CONSTRAINT fk_rails_8 FOREIGN KEY (blob_id) REFERENCES active_storage_blobs (id));
CREATE TABLE measures (id int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, small smallint unsigned NOT NULL, tiny tinyint NOT NULL DEFAULT '1',
    medium mediumint, big bigint unsigned, half float NOT NULL, whole double NOT NULL, flags set('a','b') NOT NULL, place point, since year,
    token binary(16) NOT NULL, photo mediumblob, doubled int AS (medium * 2) STORED, CONSTRAINT positive CHECK (half > 0));
