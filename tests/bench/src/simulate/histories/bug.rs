//! The mistakes that a partitioned log invites, behind a switch: the histories must find each of them.

/// A mistake in the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Bug {
    /// A relay writes what it took over, and how far it is in another transaction.
    RelayedApart,
    /// The old home of a slot goes on taking what is written to it.
    Unfenced,
    /// A slot moves without regard to how far the relays of both partitions are.
    SeamIgnored,
    /// A slot that moves on soon is taken to have only what was taken over where it is.
    SecondMoveForgets,
    /// Who belonged to a topic when they were here before belongs to it still, whatever happened elsewhere.
    MembershipStays,
    /// A partition is put back to before it gave a slot away, or took one over.
    PutBackTooFar,
    /// A move is called off without what was taken over meanwhile.
    CalledOffWithout,
    /// A position is taken for one of wherever its user is now.
    EpochIgnored,
    /// Who comes with a cursor of the old home goes on at the new one, without the rest of the old one.
    RestSkipped,
    /// What a publisher's keys have made stays behind when its slot moves.
    KeysLeftBehind,
    /// Where a slot's time at a partition ends is what the node has heard of it, and not what the partition says.
    EndByHearsay,
    /// Who leaves a topic does not wait for what was sent to it before.
    LeftAtOnce,
    /// A relay goes on by number when the common log was put back.
    CommonEpochIgnored,
}
