//! Talking with a stack's load generator.

use std::net::SocketAddr;
use std::time::Duration;

use reqwest::{Client, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep};

use super::error::StackError;
use crate::domain::chain::error_chain;
use crate::domain::load::{LoadRecord, LoadStatus, PhaseOrder, Probe, ProbeAnswer};

/// How long one call may take; a probe has its own, shorter one inside the generator.
const CALL_LIMIT: Duration = Duration::from_secs(15);
/// How often the generator is asked while something is waited for.
const POLL: Duration = Duration::from_millis(100);

/// A generator's control server.
#[derive(Clone, Debug)]
pub(super) struct Generator {
    client: Client,
    base: String,
    token: String,
}

impl Generator {
    pub(super) fn new(address: SocketAddr, token: String) -> Result<Self, StackError> {
        let client = Client::builder().no_proxy().timeout(CALL_LIMIT).build();
        let client = client.map_err(|error| failed("set up a client for", &error))?;
        Ok(Self { client, base: format!("http://{address}"), token })
    }

    /// Waits until it answers.
    pub(super) async fn wait_up(&self, limit: Duration) -> Result<(), StackError> {
        let deadline = Instant::now() + limit;
        loop {
            match self.status().await {
                Ok(_) => return Ok(()),
                Err(error) if Instant::now() > deadline => return Err(error),
                Err(_) => sleep(POLL).await,
            }
        }
    }

    pub(super) async fn probe(&self, probe: &Probe) -> Result<ProbeAnswer, StackError> {
        self.post("probe with", "/probe", probe).await?.json().await.map_err(|error| failed("probe with", &error))
    }

    /// Runs one phase to its end; `on_status` hears how it goes.
    pub(super) async fn run(
        &self,
        order: PhaseOrder,
        limit: Duration,
        on_status: impl Fn(&LoadStatus),
    ) -> Result<(), StackError> {
        let deadline = Instant::now() + limit;
        self.post("start", "/run", &order).await?;
        loop {
            sleep(POLL).await;
            let status = self.status().await?;
            if status.running.is_none() && status.done.contains(&order.phase) {
                return Ok(());
            }
            on_status(&status);
            if Instant::now() > deadline {
                return Err(StackError::TimedOut { operation: "the load".to_owned(), limit });
            }
        }
    }

    pub(super) async fn record(&self) -> Result<LoadRecord, StackError> {
        self.get("read the record of", "/record").await
    }

    /// The next turn of scrapes of [`super::exporter`]; none if no scrape comes for a while.
    pub(super) async fn next_turn(&self) -> Result<Option<u64>, StackError> {
        const OPERATION: &str = "wait for scrapes at";
        let request = self.client.get(format!("{}/relay", self.base)).bearer_auth(&self.token);
        let response = accepted(OPERATION, request.send().await).await?;
        if response.status() == StatusCode::NO_CONTENT {
            return Ok(None);
        }
        response.json().await.map(Some).map_err(|error| failed(OPERATION, &error))
    }

    /// Answers a turn.
    pub(super) async fn answer_turn(&self, turn: u64, text: String) -> Result<(), StackError> {
        let request = self.client.post(format!("{}/relay/{turn}", self.base)).bearer_auth(&self.token);
        accepted("answer scrapes at", request.body(text).send().await).await.map(drop)
    }

    pub(super) async fn status(&self) -> Result<LoadStatus, StackError> {
        self.get("ask", "/status").await
    }

    async fn get<T: DeserializeOwned>(&self, operation: &'static str, path: &str) -> Result<T, StackError> {
        let sent = self.client.get(format!("{}{path}", self.base)).bearer_auth(&self.token).send().await;
        let response = accepted(operation, sent).await?;
        response.json().await.map_err(|error| failed(operation, &error))
    }

    async fn post(
        &self,
        operation: &'static str,
        path: &str,
        body: &impl Serialize,
    ) -> Result<reqwest::Response, StackError> {
        let sent = self.client.post(format!("{}{path}", self.base)).bearer_auth(&self.token).json(body).send().await;
        accepted(operation, sent).await
    }
}

async fn accepted(
    operation: &'static str,
    sent: Result<reqwest::Response, reqwest::Error>,
) -> Result<reqwest::Response, StackError> {
    let response = sent.map_err(|error| failed(operation, &error))?;
    match response.status() {
        StatusCode::OK | StatusCode::ACCEPTED | StatusCode::NO_CONTENT => Ok(response),
        status => {
            let said = response.text().await.unwrap_or_default();
            Err(StackError::Generator { operation, message: format!("it answered {status}: {}", said.trim()) })
        }
    }
}

fn failed(operation: &'static str, error: &reqwest::Error) -> StackError {
    StackError::Generator { operation, message: error_chain(error) }
}
