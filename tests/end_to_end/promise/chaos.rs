//! What happens to the nodes, and to what they share.

mod around;
mod faults;
mod node;

use std::{sync::Arc, time::Duration};

use tokio::{task::JoinSet, time::Instant};

use crate::support::Dice;

use super::{deployment::Deployment, world::World};

pub(super) use faults::Faults;

/// Lets a deployment suffer for a while, and gives it back running. Nobody waits for anybody else to do harm.
pub(super) async fn rage(
    deployment: Deployment,
    world: &Arc<World>,
    mut dice: Dice,
    lasting: Duration,
) -> (Deployment, Faults) {
    let until = Instant::now() + lasting;
    let Deployment { nodes, around } = deployment;
    let mut hands = JoinSet::new();
    for (index, node) in nodes.into_iter().enumerate() {
        let (world, dice) = (Arc::clone(world), dice.fork());
        hands.spawn(async move { (index, node::rage(node, &world, dice, until).await) });
    }
    let mut faults = Faults::default();
    let around = match around {
        Some(around) => Some(around::rage(around, dice, until, &mut faults).await),
        None => None,
    };
    let mut nodes = hands.join_all().await;
    nodes.sort_unstable_by_key(|(index, _)| *index);
    let nodes = nodes.into_iter().map(|(_, (node, suffered))| {
        faults.add(suffered);
        node
    });
    let deployment = Deployment { nodes: nodes.collect(), around };
    for node in &deployment.nodes {
        node.is_ready().await;
    }
    (deployment, faults)
}
