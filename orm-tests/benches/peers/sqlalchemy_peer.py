"""SQLAlchemy, on SQLite (aiosqlite), PostgreSQL (asyncpg) and MariaDB (aiomysql), by the others' protocol."""

import asyncio
import datetime
import decimal
import sys
import time
import uuid

from sqlalchemy import JSON, DateTime, Column, ForeignKey, LargeBinary, Numeric, Table, TypeDecorator, Uuid
from sqlalchemy import Text, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, joinedload, mapped_column, relationship, selectinload

POOL, GETS, NOTES, PAGES, PAGE, SIBLINGS = 10, 2_048, 10_000, 64, 20, 250


class Base(DeclarativeBase):
    pass


links = Table(
    "book_tags",
    Base.metadata,
    Column("book_id", ForeignKey("books.id"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id"), primary_key=True),
)


class Author(Base):
    __tablename__ = "authors"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    country: Mapped[str]
    born: Mapped[int]
    active: Mapped[bool]
    books: Mapped[list["Book"]] = relationship(back_populates="author")
    awards: Mapped[list["Award"]] = relationship()
    comments: Mapped[list["Comment"]] = relationship(back_populates="author")

    def checksum(self):
        return self.id + len(self.name) + len(self.country) + self.born + self.active


class Book(Base):
    __tablename__ = "books"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
    title: Mapped[str]
    isbn: Mapped[str]
    pages: Mapped[int]
    price: Mapped[float]
    author: Mapped[Author] = relationship(back_populates="books")
    tags: Mapped[list["Tag"]] = relationship(secondary=links)
    comments: Mapped[list["Comment"]] = relationship()

    def checksum(self):
        return self.id + self.author_id + len(self.title) + len(self.isbn) + self.pages + (self.price > 100)


class Tag(Base):
    __tablename__ = "tags"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    topic_id: Mapped[int]


class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    author: Mapped[str]
    text: Mapped[str]
    likes: Mapped[int]


class Sale(Base):
    __tablename__ = "sales"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int]
    title: Mapped[str]
    isbn: Mapped[str]
    pages: Mapped[int]
    price: Mapped[float]

    checksum = Book.checksum


class Comment(Base):
    __tablename__ = "comments"
    id: Mapped[int] = mapped_column(primary_key=True)
    book_id: Mapped[int] = mapped_column(ForeignKey("books.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
    text: Mapped[str]
    author: Mapped[Author] = relationship(back_populates="comments")

    def checksum(self):
        return self.id + self.book_id + self.author_id + len(self.text)


class Award(Base):
    __tablename__ = "awards"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
    name: Mapped[str]

    def checksum(self):
        return self.id + self.author_id + len(self.name)


class Instant(TypeDecorator):
    """A time that not every database stores with its zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_result_value(self, value, dialect):
        return value if value.tzinfo else value.replace(tzinfo=datetime.UTC)


class Number(TypeDecorator):
    """A UUID, which is bytes where the database has no type for it."""

    impl = Uuid
    cache_ok = True

    def load_dialect_impl(self, dialect):
        return Uuid() if dialect.name == "postgresql" else LargeBinary()

    def process_result_value(self, value, dialect):
        return value if isinstance(value, uuid.UUID) else uuid.UUID(bytes=value)


class Amount(TypeDecorator):
    """A decimal, which is text on SQLite, where the others would read it from a float."""

    impl = Numeric
    cache_ok = True

    def load_dialect_impl(self, dialect):
        return Text() if dialect.name == "sqlite" else Numeric()

    def process_result_value(self, value, dialect):
        return decimal.Decimal(value)


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[datetime.date]
    at: Mapped[datetime.datetime] = mapped_column(Instant)
    number: Mapped[uuid.UUID] = mapped_column(Number)
    amount: Mapped[decimal.Decimal] = mapped_column(Amount)
    details: Mapped[dict] = mapped_column(JSON)

    def checksum(self):
        day = (self.day - datetime.date(1970, 1, 1)).days
        at = (self.at - datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)) // datetime.timedelta(microseconds=1)
        high, low = self.number.int >> 64, self.number.int & (1 << 64) - 1
        details = len(self.details["state"]) + sum(self.details["lines"]) + self.details["gift"]
        return self.id + day + at + high + low + int(self.amount * 100) + details


async def rows(session):
    return sum(book.checksum() for book in await session.scalars(select(Book)))


async def children(session):
    query = select(Author).options(selectinload(Author.books))
    authors = await session.scalars(query)
    return sum(author.checksum() + sum(book.checksum() for book in author.books) for author in authors)


async def parents(session):
    books = await session.scalars(select(Book).options(joinedload(Book.author, innerjoin=True)))
    return sum(book.checksum() + book.author.checksum() for book in books)


async def two_levels(session):
    query = select(Author).options(selectinload(Author.books).selectinload(Book.tags))
    total = 0
    for author in await session.scalars(query):
        total += author.checksum()
        for book in author.books:
            total += book.checksum() + sum(tag.id + len(tag.name) for tag in book.tags)
    return total


async def gets(session):
    total = 0
    for at in range(1_000):
        total += (await session.get(Author, at % authors * 7 + 3)).checksum()
    return total


async def inserts(session):
    notes = [{"author": "jack", "text": f"the text of note {at}", "likes": at} for at in range(NOTES)]
    await session.execute(insert(Note), notes)
    await session.commit()
    return NOTES


async def edits(session):
    for note in await session.scalars(select(Note)):
        note.likes += 1
    await session.commit()
    return NOTES


async def typed(session):
    return sum(order.checksum() for order in await session.scalars(select(Order)))


async def page(session, number):
    query = (
        select(Book)
        .options(
            joinedload(Book.author, innerjoin=True),
            selectinload(Book.tags),
            selectinload(Book.comments).joinedload(Comment.author, innerjoin=True),
        )
        .order_by(Book.id.desc())
        .limit(PAGE)
        .offset(number % (authors * 10 // PAGE) * PAGE)
    )
    books = await session.scalars(query)
    total = await session.scalar(select(func.count()).select_from(Book))
    for book in books:
        total += book.checksum() + book.author.checksum()
        total += sum(tag.id + len(tag.name) for tag in book.tags)
        total += sum(comment.checksum() + comment.author.checksum() for comment in book.comments)
    return total


async def siblings(session):
    collections = selectinload(Author.books), selectinload(Author.awards), selectinload(Author.comments)
    total = 0
    for author in await session.scalars(select(Author).options(*collections).order_by(Author.id).limit(SIBLINGS)):
        total += author.checksum()
        total += sum(one.checksum() for many in (author.books, author.awards, author.comments) for one in many)
    return total


async def stream(session):
    total = 0
    async for sale in await session.stream_scalars(select(Sale).execution_options(yield_per=1000)):
        total += sale.checksum()
    return total


async def get(session, number):
    return (await session.get(Author, number * 31 % authors * 7 + 3)).checksum()


async def concurrent(engine, tasks, count, work):
    async def task(first):
        total = 0
        for number in range(first, count // tasks * tasks, tasks):
            async with AsyncSession(engine) as session:
                total += await work(session, number)
        return total

    return sum(await asyncio.gather(*(task(first) for first in range(tasks))))


WORKLOADS = {
    "W1": rows,
    "W2": children,
    "W3": parents,
    "W4": two_levels,
    "W5": gets,
    "W6": inserts,
    "W7": stream,
    "W8": (GETS, get),
    "W9": edits,
    "W10": typed,
    "W11": (PAGES, page),
    "W12": (PAGES, page),
    "W13": siblings,
}


DRIVERS = {
    "sqlite:": "sqlite+aiosqlite:///",
    "postgres:": "postgresql+asyncpg:",
    "mysql:": "mysql+aiomysql:",
}


async def run(engine, workload, tasks):
    work = WORKLOADS[workload]
    if isinstance(work, tuple):
        return await concurrent(engine, tasks, *work)
    async with AsyncSession(engine) as session:
        return await work(session)


async def main():
    url = sys.argv[1]
    for scheme, driver in DRIVERS.items():
        url = url.replace(scheme, driver)
    engine = create_async_engine(url, pool_size=POOL, max_overflow=0)
    names = list(WORKLOADS)
    for name in names:
        print(f"has {name} SQLAlchemy")
    print("ready", flush=True)
    for line in sys.stdin:
        _, index, tasks = line.split()
        wall, cpu = time.perf_counter_ns(), time.process_time_ns()
        total = await run(engine, names[int(index)], int(tasks))
        wall, cpu = time.perf_counter_ns() - wall, time.process_time_ns() - cpu
        print(f"done {wall} {cpu} {total}", flush=True)


authors = int(sys.argv[2])
asyncio.run(main())
