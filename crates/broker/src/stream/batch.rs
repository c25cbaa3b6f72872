//! How much is handed out at once.

/// Bytes that are handed out at once: what has queued up is one write, and a reader that stops reading
/// has cost no more than this, and one event, beyond what the kernel holds for it.
pub(super) const BATCH_BYTES: usize = 64 * 1024;

/// The first of `all` that fit in one batch, at least one, and whether some do not.
pub(super) fn fitting<T>(mut all: Vec<T>, size: impl Fn(&T) -> usize) -> (Vec<T>, bool) {
    let mut bytes = 0;
    let fit = all.iter().take_while(|one| {
        let first = bytes == 0;
        bytes += size(one);
        first || bytes <= BATCH_BYTES
    });
    let fit = fit.count();
    let cut = fit < all.len();
    all.truncate(fit);
    (all, cut)
}
