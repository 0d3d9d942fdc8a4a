//! A fake whose answers are changed on their way.

use async_trait::async_trait;

use crate::{Handler, Reply, Request, Wording};

/// The inner handler, and what is made of each of its answers.
#[derive(Clone, Copy, Debug)]
pub struct Changed<H, F>(pub H, pub F);

#[async_trait]
impl<H, F> Handler for Changed<H, F>
where
    H: Handler,
    F: Fn(&Request, Reply) -> Reply + Send + Sync,
{
    async fn answer(&self, request: &Request) -> Reply {
        (self.1)(request, self.0.answer(request).await)
    }

    fn wording(&self) -> &dyn Wording {
        self.0.wording()
    }
}
