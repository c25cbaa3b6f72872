//! Lists, page by page: how long a page is, and where the next one begins.

use serde::{Deserialize, Deserializer, de::Error as _};
use tidings_middleware::{Code, Problem};
use tidings_models::Cursors;
use utoipa::{IntoParams, ToSchema};

use crate::{App, openapi::values::Next};

/// How many items a page has at most. Never changed in silence: what is out of its range is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(minimum = 1, maximum = 200, default = 50)]
pub(crate) struct Limit(u32);

impl Limit {
    /// Most items of one page; bounds what one request reads and renders.
    const MOST: u32 = 200;

    pub(crate) const fn get(self) -> u32 {
        self.0
    }

    /// How many to ask for: one more than a page has tells whether there are more.
    pub(crate) const fn and_one(self) -> u32 {
        self.0 + 1
    }

    /// The items of the page, of as many as were asked for, and whether there are more.
    fn cut<T>(self, mut found: Vec<T>) -> (Vec<T>, bool) {
        let length = self.0 as usize;
        let more = found.len() > length;
        found.truncate(length);
        (found, more)
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(50)
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let limit = u32::deserialize(from)?;
        if (1..=Self::MOST).contains(&limit) {
            Ok(Self(limit))
        } else {
            Err(D::Error::custom(format!("a number from 1 to {}", Self::MOST)))
        }
    }
}

/// Which page of a list is asked for, when nothing else is.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// How many at most, 1 to 200.
    #[serde(default)]
    #[param(inline)]
    pub(crate) limit: Limit,
    /// The `next` of the page before.
    #[param(value_type = Next, required = false)]
    pub(crate) after: Option<String>,
}

/// A list that goes on after the name of the last item of a page. Its `next` is sealed: one of another list, or one
/// that was made up, is refused.
pub(crate) struct List<'a> {
    cursors: &'a Cursors,
    /// Which list, and whose or of what: the cursors of two of them never fit each other.
    list: String,
}

impl<'a> List<'a> {
    pub(crate) fn new(app: &'a App, list: impl Into<String>) -> Self {
        Self { cursors: app.store.cursors(), list: list.into() }
    }

    /// What the page comes after, from the `after` of the request.
    pub(crate) fn after<T, E>(
        &self,
        after: Option<&str>,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, Problem> {
        let Some(after) = after else { return Ok(None) };
        let last = self.cursors.open_name(&self.list, after).map_err(|_| Code::InvalidCursor)?;
        Ok(Some(parse(&last).map_err(|_| Code::InvalidCursor)?))
    }

    /// A page and its `next`, of as many items as [`Limit::and_one`] asked for.
    pub(crate) fn page<T>(
        &self,
        found: Vec<T>,
        limit: Limit,
        name: impl FnOnce(&T) -> String,
    ) -> (Vec<T>, Option<String>) {
        let (items, more) = limit.cut(found);
        let next = items.last().filter(|_| more).map(|last| self.cursors.seal_name(&self.list, &name(last)));
        (items, next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Asked {
        #[serde(default)]
        limit: Limit,
    }

    #[test]
    fn limits_have_a_range_and_are_never_clamped() {
        let asked = |query: &str| serde_urlencoded::from_str::<Asked>(query).map(|asked| asked.limit.get());
        assert_eq!((asked("").unwrap(), asked("limit=1").unwrap(), asked("limit=200").unwrap()), (50, 1, 200));
        for bad in ["limit=0", "limit=201", "limit=-1", "limit=1000000000", "limit=abc", "limit="] {
            assert!(asked(bad).is_err(), "{bad}");
        }
        assert_eq!(asked("limit=201").unwrap_err().to_string(), "a number from 1 to 200");
    }

    #[test]
    fn one_more_than_a_page_tells_that_there_is_more() {
        let page = |count: u32| Limit(2).cut((0..count).collect());
        assert_eq!((page(0), page(2), page(3)), ((vec![], false), (vec![0, 1], false), (vec![0, 1], true)));
    }
}
