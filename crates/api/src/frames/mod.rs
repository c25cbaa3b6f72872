//! What a stream gives, as bytes of a transport.

pub(crate) mod sse;
