//! Whether a request came over TLS.

use actix_web::dev::ServiceRequest;

use crate::Limits;

/// That a connection is encrypted by this server itself. It is in the data of the connection.
#[derive(Clone, Copy, Debug)]
pub struct OverTls;

/// Whether the client's side of the way is encrypted: by this server, or by a trusted proxy that says so.
pub(crate) fn is(request: &ServiceRequest, limits: &Limits) -> bool {
    request.conn_data::<OverTls>().is_some() || limits.came_over_tls(request.head())
}
