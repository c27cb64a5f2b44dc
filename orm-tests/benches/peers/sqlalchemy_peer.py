"""SQLAlchemy, on SQLite (aiosqlite) and PostgreSQL (asyncpg), by the protocol of the other contenders."""

import asyncio
import sys
import time

from sqlalchemy import Column, ForeignKey, Table, insert, select
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, joinedload, mapped_column, relationship, selectinload

POOL, GETS, NOTES = 10, 2_048, 10_000


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


async def stream(session):
    total = 0
    async for sale in await session.stream_scalars(select(Sale).execution_options(yield_per=1000)):
        total += sale.checksum()
    return total


async def concurrent(engine, tasks):
    async def task(number):
        total = 0
        for at in range(GETS // tasks):
            key = (at * tasks + number) * 31 % authors * 7 + 3
            async with AsyncSession(engine) as session:
                total += (await session.get(Author, key)).checksum()
        return total

    return sum(await asyncio.gather(*(task(number) for number in range(tasks))))


WORKLOADS = {
    "W1": rows,
    "W2": children,
    "W3": parents,
    "W4": two_levels,
    "W5": gets,
    "W6": inserts,
    "W7": stream,
    "W8": None,
}


async def run(engine, workload, tasks):
    if workload == "W8":
        return await concurrent(engine, tasks)
    async with AsyncSession(engine) as session:
        return await WORKLOADS[workload](session)


async def main():
    url = sys.argv[1].replace("sqlite:", "sqlite+aiosqlite:///").replace("postgres:", "postgresql+asyncpg:")
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
