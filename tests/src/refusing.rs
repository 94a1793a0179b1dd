//! One kind of call that does not get through, while all others do: what stands in between is seen.
//!
//! Deliberately not here: being offline. That is the server stopped for real, see `Server::stop`.

use anyhow::Result;
use serde_json::json;

use crate::browser::Browser;

const STAND_BETWEEN: &str = "const [call, nth, code] = arguments;
    window.unchanged ??= window.fetch;
    let came = 0;
    const answer = () => code
        ? Promise.resolve(new Response(
            JSON.stringify({ type: 'urn:veldpost:problem:' + code, title: '', status: 422, code }),
            { status: 422, headers: { 'content-type': 'application/problem+json' } }))
        : Promise.reject(new TypeError('cut'));
    window.fetch = (address, ...rest) =>
        String(address).endsWith('/v1/' + call) && ++came >= nth
            ? answer() : window.unchanged.call(window, address, ...rest);";

impl Browser {
    /// From the nth call of this name on, this page hears that the relay refuses it; until it is loaded again.
    ///
    /// # Errors
    /// When there is no page.
    pub async fn refuse(&self, call: &str, nth: u64) -> Result<()> {
        let malformed = json!([call, nth, "malformed"]);
        self.run(STAND_BETWEEN, malformed).await.map(|_| ())
    }

    /// Calls of this name get no answer, and do not reach the relay; until the page is loaded again.
    ///
    /// # Errors
    /// When there is no page.
    pub async fn cut(&self, call: &str) -> Result<()> {
        self.run(STAND_BETWEEN, json!([call, 1, null]))
            .await
            .map(|_| ())
    }

    /// All calls get through again.
    ///
    /// # Errors
    /// When there is no page.
    pub async fn let_through(&self) -> Result<()> {
        let through = "window.fetch = window.unchanged";
        self.run(through, json!([])).await.map(|_| ())
    }
}
