//! Links by keys of several columns, some of them shared with another key.

use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use crate::models::{columns_set, shape};

#[derive(Model, Debug)]
#[model(table = "courses")]
struct Course {
    #[key]
    year: i64,
    #[key]
    number: i64,
    title: String,
    #[has_many(key = "year, course_number", order_by = "id")]
    groups: HasMany<Group>,
    #[has_one(key = "exam_year, exam_number")]
    exam: HasOne<Group>,
}

/// The year is the group's own as well: a group without a course still has one.
#[derive(Model, Debug)]
#[model(table = "course_groups")]
struct Group {
    #[key(auto)]
    id: i64,
    year: i64,
    course_number: Option<i64>,
    exam_year: Option<i64>,
    exam_number: Option<i64>,
    #[belongs_to(key = "year, course_number", inverse = "groups")]
    course: BelongsTo<Option<Course>>,
    #[belongs_to(key = "exam_year, exam_number", inverse = "exam")]
    exam_of: BelongsTo<Option<Course>>,
    #[many_to_many(
        through = "group_students",
        key = "group_id",
        target_key = "student_year, student_number",
        order_by = "number"
    )]
    students: HasMany<Student>,
}

#[derive(Model, Debug)]
#[model(table = "students")]
struct Student {
    #[key]
    year: i64,
    #[key]
    number: i64,
    name: String,
    #[many_to_many(
        through = "group_students",
        key = "student_year, student_number",
        target_key = "group_id",
        order_by = "id"
    )]
    groups: HasMany<Group>,
}

/// Courses 1 and 2 of 2024; the first has two groups, the first of them two students.
async fn school(database: &TestDatabase) -> Result<Engine> {
    let engine = database.engine().await?;
    engine.create_all(schema![Course, Group, Student]).await?;
    let mut session = engine.session();
    let students = [1, 2].map(|number| Student::draft().year(2024).number(number).name(format!("s{number}")));
    session.add(
        Course::draft()
            .year(2024)
            .number(1)
            .title("one")
            .groups([Group::draft().students(students), Group::draft().students([] as [Entity<Student>; 0])]),
    );
    session.add(Course::draft().year(2024).number(2).title("two"));
    session.commit().await?;
    Ok(engine)
}

async fn courses(session: &mut Session) -> Result<(Entity<Course>, Entity<Course>)> {
    let query = select::<Course>().order_by(Course::NUMBER).with(Course::EXAM.selectin());
    let mut courses = session.all(query.with(Course::GROUPS.selectin())).await?.into_iter();
    let mut next = || courses.next().expect("there are two courses").dynamic();
    Ok((next(), next()))
}

fn groups(course: &Entity<Course>) -> Result<Vec<i64>> {
    Ok(course.groups()?.iter().map(|group| group.id).collect())
}

on_every_backend! {
    async fn children_move_and_leave(database: TestDatabase) -> Result<()> {
        let engine = school(&database).await?;
        let mut session = engine.session();
        let (one, two) = courses(&mut session).await?;
        let members = one.groups()?.to_vec();
        session.append(&two, Course::GROUPS, &members[0])?;
        assert_eq!((groups(&one)?, groups(&two)?), (vec![2], vec![1]));
        session.edit(&members[1], |group| group.course_number = Some(2))?;
        assert_eq!((groups(&one)?, groups(&two)?), (vec![], vec![1, 2]));
        let log = engine.record();
        session.flush().await?;
        assert_eq!(shape(&log), ["UPDATE course_groups"], "{log}");
        assert_eq!(columns_set(&log.statements()[0].sql), ["course_number"], "the year is the same: {log}");

        session.remove(&two, Course::GROUPS, &members[0])?;
        session.unassign(&members[1], Group::COURSE)?;
        assert_eq!(groups(&two)?, [] as [i64; 0]);
        session.commit().await?;
        let rows = engine.session().all(select::<Group>().order_by(Group::ID)).await?;
        assert_eq!(rows.iter().map(|group| (group.year, group.course_number)).collect::<Vec<_>>(), [(2024, None); 2]);
        Ok(())
    }

    async fn a_deleted_parent_leaves_what_can_be_left(database: TestDatabase) -> Result<()> {
        let engine = school(&database).await?;
        let mut session = engine.session();
        let one = session.get::<Course>((2024, 1)).await?.expect("the course is there");
        session.delete(&one)?;
        let log = engine.record();
        session.commit().await?;
        assert_eq!(shape(&log), ["SELECT course_groups", "SELECT course_groups", "UPDATE course_groups", "DELETE courses"], "{log}");
        let rows = engine.session().all(select::<Group>().order_by(Group::ID)).await?;
        assert_eq!(rows.iter().map(|group| (group.year, group.course_number)).collect::<Vec<_>>(), [(2024, None); 2]);
        Ok(())
    }

    async fn to_ones_and_has_ones_go_together(database: TestDatabase) -> Result<()> {
        let engine = school(&database).await?;
        let mut session = engine.session();
        let (one, two) = courses(&mut session).await?;
        let members = one.groups()?.to_vec();
        session.assign(&one, Course::EXAM, &members[0])?;
        session.assign(&members[1], Group::EXAM_OF, &two)?;
        session.commit().await?;
        session.assign(&one, Course::EXAM, &members[1])?;
        assert_eq!((one.exam()?.map(|group| group.id), two.exam()?.map(|group| group.id)), (Some(2), None));
        assert_eq!(members[0].exam_of()?, None::<Entity<Course>>);
        session.commit().await?;
        let rows = engine.session().all(select::<Group>().order_by(Group::ID)).await?;
        assert_eq!(rows.iter().map(|group| group.exam_number).collect::<Vec<_>>(), [None, Some(1)]);
        Ok(())
    }

    async fn link_rows_have_all_columns(database: TestDatabase) -> Result<()> {
        let engine = school(&database).await?;
        let mut session = engine.session();
        let group = session.one(select::<Group>().filter(Group::ID.eq(1)).with(Group::STUDENTS.selectin())).await?;
        let students = group.students()?.to_vec();
        session.remove(&group, Group::STUDENTS, &students[0])?;
        session.append(&group, Group::STUDENTS, Student::draft().year(2025).number(1).name("new"))?;
        let log = engine.record();
        session.commit().await?;
        assert_eq!(shape(&log), ["INSERT students", "DELETE group_students", "INSERT group_students"], "{log}");
        session.delete(&students[1])?;
        session.commit().await?;
        let row = engine.session().one(select::<Group>().filter(Group::ID.eq(1)).with(Group::STUDENTS.selectin())).await?;
        assert_eq!(row.get(Group::STUDENTS).iter().map(|student| (student.year, student.number)).collect::<Vec<_>>(), [(2025, 1)]);
        assert_eq!(group.students()?.len(), 1);
        Ok(())
    }

    async fn graphs_are_merged(database: TestDatabase) -> Result<()> {
        let engine = school(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let sent = Course::draft().year(2024).number(1).title("uno").groups([
            Group::draft().id(2).year(2024).students([
                Student::draft().year(2024).number(2).name("dos"),
                Student::draft().year(2025).number(7).name("new"),
            ]),
            Group::draft().year(2024),
        ]);
        assert!(matches!(session.merge_draft(sent).await?, Merged::Found(_)));
        assert_eq!(log.count(), 4, "the course, its groups, their students, two students by their keys: {log}");
        session.commit().await?;
        let mut other = engine.session();
        let (one, _) = courses(&mut other).await?;
        assert_eq!((one.title.as_str(), groups(&one)?), ("uno", vec![2, 3]));
        let second = other.one(select::<Group>().filter(Group::ID.eq(2)).with(Group::STUDENTS.selectin())).await?;
        assert_eq!(second.get(Group::STUDENTS).iter().map(|student| student.name.clone()).collect::<Vec<_>>(), ["dos", "new"]);
        let first = other.get::<Group>(1).await?.expect("the group is there");
        assert_eq!((first.year, first.course_number), (2024, None));
        Ok(())
    }
}
