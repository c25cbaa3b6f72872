//! Objects that hold the fields of another: written as one, where that other takes no further field. As the `allOf`
//! that is generated for them they would refuse what they add.

use utoipa::{
    Modify,
    openapi::{
        Object, OpenApi, RefOr, Schema,
        schema::{AdditionalProperties, AllOf, Components},
    },
};

/// Makes one object of every `allOf` with an object that is closed.
pub(super) struct Flat;

impl Modify for Flat {
    fn modify(&self, document: &mut OpenApi) {
        let Some(components) = document.components.as_mut() else { return };
        let flat: Vec<_> = components
            .schemas
            .iter()
            .filter_map(|(name, schema)| {
                let RefOr::T(Schema::AllOf(all)) = schema else { return None };
                Some((name.clone(), RefOr::T(Schema::Object(merged(all, components)?))))
            })
            .collect();
        components.schemas.extend(flat);
    }
}

/// The fields of all parts in one object, if one of them is closed.
fn merged(all: &AllOf, components: &Components) -> Option<Object> {
    let parts: Vec<&Object> = all.items.iter().map(|part| object(part, components)).collect::<Option<_>>()?;
    let closed =
        |part: &&Object| matches!(part.additional_properties.as_deref(), Some(AdditionalProperties::FreeForm(false)));
    let mut merged = (*parts.iter().find(|part| closed(part))?).clone();
    merged.description.clone_from(&all.description);
    for part in parts {
        merged.properties.extend(part.properties.iter().map(|(name, schema)| (name.clone(), schema.clone())));
        merged.required.extend(part.required.iter().cloned());
    }
    merged.required.sort_unstable();
    merged.required.dedup();
    Some(merged)
}

fn object<'a>(part: &'a RefOr<Schema>, components: &'a Components) -> Option<&'a Object> {
    let schema = match part {
        RefOr::Ref(to) => components.schemas.get(to.ref_location.rsplit('/').next()?)?,
        RefOr::T(_) => part,
    };
    match schema {
        RefOr::T(Schema::Object(object)) => Some(object),
        _ => None,
    }
}
