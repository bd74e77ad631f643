//! Many rows by one statement.
//!
//! Between the writer and its connection lies a thread, so what is asked costs little beside the asking. A statement has room for one of a
//! few numbers of rows, so that there are few texts, each prepared once; room that is left over is NULL.

use sqlx::AssertSqlSafe;
use sqlx::query::Query;
use sqlx::sqlite::{Sqlite, SqliteArguments};

const ROOM: [usize; 4] = [1, 4, 16, 64];
const MOST: usize = ROOM[ROOM.len() - 1];

/// The rows in portions, each with the room that its statement has.
pub(super) fn portions<T>(rows: &[T]) -> impl Iterator<Item = (&[T], usize)> {
    rows.chunks(MOST).map(|portion| {
        let fits = ROOM.into_iter().find(|room| portion.len() <= *room);
        (portion, fits.unwrap_or(MOST))
    })
}

/// A statement with `before` and `after` what stands for the rows: a list of values with one column, of rows with several.
pub(super) fn statement(
    before: &str,
    (room, columns): (usize, usize),
    after: &str,
) -> Query<'static, Sqlite, SqliteArguments> {
    let row = match columns {
        1 => "?".to_owned(),
        _ => format!("({})", vec!["?"; columns].join(",")),
    };
    sqlx::query(AssertSqlSafe(format!("{before}{}{after}", vec![row.as_str(); room].join(","))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_in_one_portion_that_has_room_for_it() {
        for count in [0, 1, 2, 4, 5, 16, 17, 63, 64, 65, 129, 300] {
            let rows: Vec<usize> = (0..count).collect();
            let portions: Vec<_> = portions(&rows).collect();
            assert!(portions.iter().all(|(portion, room)| portion.len() <= *room && ROOM.contains(room)));
            let all: Vec<usize> = portions.iter().flat_map(|(portion, _)| portion.iter().copied()).collect();
            assert_eq!(all, rows);
        }
    }
}
