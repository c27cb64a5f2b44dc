// Models of the tables of an SQLite database, as its catalogue describes them.
// They use the crate `chrono`.

use orm_core::prelude::*;

#[derive(Model, Debug)]
#[model(table = "Album")]
pub struct Album {
    #[key(auto)]
    #[column(name = "AlbumId")]
    pub album_id: i64,
    #[column(name = "Title", length = 160)]
    pub title: String,
    #[column(name = "ArtistId", index)]
    pub artist_id: i64,
    #[belongs_to]
    pub artist: BelongsTo<Artist>,
    #[has_many]
    pub tracks: HasMany<Track>,
}

#[derive(Model, Debug)]
#[model(table = "Artist")]
pub struct Artist {
    #[key(auto)]
    #[column(name = "ArtistId")]
    pub artist_id: i64,
    #[column(name = "Name", length = 120)]
    pub name: Option<String>,
    #[has_many]
    pub albums: HasMany<Album>,
}

#[derive(Model, Debug)]
#[model(table = "Customer")]
pub struct Customer {
    #[key(auto)]
    #[column(name = "CustomerId")]
    pub customer_id: i64,
    #[column(name = "FirstName", length = 40)]
    pub first_name: String,
    #[column(name = "LastName", length = 20)]
    pub last_name: String,
    #[column(name = "Company", length = 80)]
    pub company: Option<String>,
    #[column(name = "Email", length = 60)]
    pub email: String,
    #[column(name = "SupportRepId", index)]
    pub support_rep_id: Option<i64>,
    #[belongs_to]
    pub support_rep: BelongsTo<Option<Employee>>,
    #[has_many]
    pub invoices: HasMany<Invoice>,
}

#[derive(Model, Debug)]
#[model(table = "Employee")]
pub struct Employee {
    #[key(auto)]
    #[column(name = "EmployeeId")]
    pub employee_id: i64,
    #[column(name = "LastName", length = 20)]
    pub last_name: String,
    #[column(name = "FirstName", length = 20)]
    pub first_name: String,
    #[column(name = "Title", length = 30)]
    pub title: Option<String>,
    #[column(name = "ReportsTo", index)]
    pub reports_to_id: Option<i64>,
    #[column(name = "BirthDate")]
    pub birth_date: Option<chrono::NaiveDateTime>,
    #[column(name = "HireDate")]
    pub hire_date: Option<chrono::NaiveDateTime>,
    #[column(name = "Email", length = 60)]
    pub email: Option<String>,
    #[belongs_to]
    pub reports_to: BelongsTo<Option<Employee>>,
    #[has_many(key = "support_rep_id")]
    pub customers: HasMany<Customer>,
    #[has_many(key = "reports_to_id")]
    pub reports_to_employees: HasMany<Employee>,
}

#[derive(Model, Debug)]
#[model(table = "Genre")]
pub struct Genre {
    #[key(auto)]
    #[column(name = "GenreId")]
    pub genre_id: i64,
    #[column(name = "Name", length = 120)]
    pub name: Option<String>,
    #[has_many]
    pub tracks: HasMany<Track>,
}

#[derive(Model, Debug)]
#[model(table = "Invoice")]
pub struct Invoice {
    #[key(auto)]
    #[column(name = "InvoiceId")]
    pub invoice_id: i64,
    #[column(name = "CustomerId")]
    pub customer_id: i64,
    #[column(name = "InvoiceDate")]
    pub invoice_date: chrono::NaiveDateTime,
    #[column(name = "BillingCity", length = 40)]
    pub billing_city: Option<String>,
    // SQLite stores these numbers as floats.
    #[column(name = "Total")]
    pub total: f64,
    #[belongs_to]
    pub customer: BelongsTo<Customer>,
    #[has_many]
    pub invoice_lines: HasMany<InvoiceLine>,
}

#[derive(Model, Debug)]
#[model(table = "InvoiceLine")]
pub struct InvoiceLine {
    #[key(auto)]
    #[column(name = "InvoiceLineId")]
    pub invoice_line_id: i64,
    #[column(name = "InvoiceId")]
    pub invoice_id: i64,
    #[column(name = "TrackId")]
    pub track_id: i64,
    // SQLite stores these numbers as floats.
    #[column(name = "UnitPrice")]
    pub unit_price: f64,
    #[column(name = "Quantity")]
    pub quantity: i64,
    #[belongs_to]
    pub invoice: BelongsTo<Invoice>,
    #[belongs_to]
    pub track: BelongsTo<Track>,
}

#[derive(Model, Debug)]
#[model(table = "MediaType")]
pub struct MediaType {
    #[key(auto)]
    #[column(name = "MediaTypeId")]
    pub media_type_id: i64,
    #[column(name = "Name", length = 120)]
    pub name: Option<String>,
    #[has_many]
    pub tracks: HasMany<Track>,
}

#[derive(Model, Debug)]
#[model(table = "Playlist")]
pub struct Playlist {
    #[key(auto)]
    #[column(name = "PlaylistId")]
    pub playlist_id: i64,
    #[column(name = "Name", length = 120)]
    pub name: Option<String>,
    #[many_to_many(through = "PlaylistTrack", key = "PlaylistId", target_key = "TrackId")]
    pub tracks: HasMany<Track>,
}

#[derive(Model, Debug)]
#[model(table = "Track")]
pub struct Track {
    #[key(auto)]
    #[column(name = "TrackId")]
    pub track_id: i64,
    #[column(name = "Name", length = 200)]
    pub name: String,
    #[column(name = "AlbumId")]
    pub album_id: Option<i64>,
    #[column(name = "MediaTypeId")]
    pub media_type_id: i64,
    #[column(name = "GenreId")]
    pub genre_id: Option<i64>,
    #[column(name = "Composer", length = 220)]
    pub composer: Option<String>,
    #[column(name = "Milliseconds")]
    pub milliseconds: i64,
    #[column(name = "Bytes")]
    pub bytes: Option<i64>,
    // SQLite stores these numbers as floats.
    #[column(name = "UnitPrice")]
    pub unit_price: f64,
    #[belongs_to]
    pub album: BelongsTo<Option<Album>>,
    #[belongs_to]
    pub media_type: BelongsTo<MediaType>,
    #[belongs_to]
    pub genre: BelongsTo<Option<Genre>>,
    #[has_many]
    pub invoice_lines: HasMany<InvoiceLine>,
    #[many_to_many(through = "PlaylistTrack", key = "TrackId", target_key = "PlaylistId")]
    pub playlists: HasMany<Playlist>,
}

/// Every model of this file.
pub fn schema() -> orm_core::schema::Schema {
    schema![
        Album,
        Artist,
        Customer,
        Employee,
        Genre,
        Invoice,
        InvoiceLine,
        MediaType,
        Playlist,
        Track,
    ]
}
