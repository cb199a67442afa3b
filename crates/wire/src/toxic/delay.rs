//! Delay: the bytes wait, then go on whole.

use model::Distribution;

use super::Draw;

pub(super) async fn apply(distribution: Distribution, draw: Draw) {
    let (u1, u2) = draw.uniform_pair();
    tokio::time::sleep(distribution.sample(u1, u2)).await;
}
