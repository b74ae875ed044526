//! A gateway on a disk that is really full: a call that is not recorded is not
//! made, one that was answered is stored, and nobody needs to help.

use serde_json::{Value, json};
use tests::{
    Answer, Door, McpClient, Processes, Project, Rest, ServerDefinition, Service, SmallDisk, fixture_server,
    nothing_went_wrong, wait_until,
};

const DISK_BYTES: usize = 24 * 1024 * 1024;

/// More than the disk has: the disk is full before the spool is.
const SPOOL_BYTES: usize = 64 * 1024 * 1024;

struct House {
    disk: SmallDisk,
    processes: Processes,
    owner: Rest,
    project: Project,
    client: McpClient,
}

impl House {
    /// `None` where no disk can be mounted.
    async fn build() -> Option<Self> {
        let disk = SmallDisk::mount(DISK_BYTES)?;
        let spool = disk.path().join("gateway/spool").display().to_string();
        let settings = vec![
            ("MCPORCH_MCP_GATEWAY__SPOOL_DIR", spool),
            (
                "MCPORCH_MCP_GATEWAY__SPOOL_CAPACITY_BYTES",
                SPOOL_BYTES.to_string(),
            ),
        ];
        let processes = Processes::start_with(settings).await;
        let owner = Rest::sign_up(&processes.web_url(), "kim@example.com")
            .await
            .expect("the first user signs up");
        let server = ServerDefinition::stdio("fixture", &fixture_server(), &[]);
        let project = owner.project("Acme", &[server]).await.expect("a project is made");
        let endpoint = processes.endpoint(&project);
        let client = McpClient::connect(&endpoint, &project.key, Door::StreamableHttp)
            .await
            .expect("the handshake succeeds");
        Some(Self {
            disk,
            processes,
            owner,
            project,
            client,
        })
    }

    /// Whether a call was made. It is refused in words otherwise.
    async fn call(&self, canary: usize) -> bool {
        let arguments = json!({"canary": canary, "text": "x".repeat(16_000)});
        let answer = self.client.call("fixture__echo", arguments).await;
        let answer = answer.expect("it is answered");
        if let Answer::Error(error) = &answer {
            let message = error["message"].as_str().unwrap_or_default();
            assert!(message.contains("cannot record calls"), "{error}");
        }
        answer.is_success()
    }

    /// Calls until one is refused; gives how many were answered before it.
    async fn call_until_refused(&self, first: usize) -> usize {
        let mut canary = first;
        while self.call(canary).await {
            canary += 1;
            assert!(
                canary - first < SPOOL_BYTES / 10_000,
                "the disk is full some time"
            );
        }
        canary - first
    }

    async fn until_taken_again(&self, canary: usize) {
        wait_until("calls are taken again", async || {
            self.call(canary).await.then_some(())
        })
        .await;
    }

    async fn nothing_is_missing(self, fault: &str, answered: usize) {
        let is_success = |call: &&Value| call["status"] == "success";
        let calls = wait_until("all that was answered is in the log", async || {
            let calls = self.owner.export(&self.project).await.ok()?;
            (calls.iter().filter(is_success).count() >= answered).then_some(calls)
        })
        .await;
        let stored = calls.iter().filter(is_success).count();
        let running = calls.iter().filter(|call| call["status"] == "running").count();
        nothing_went_wrong(
            fault,
            format!("{answered} calls answered"),
            &[
                ("missing", answered.saturating_sub(stored)),
                ("stored twice", stored.saturating_sub(answered)),
                ("left open", running),
            ],
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_the_spool_fills_up_refuses_calls_until_logging_is_back() {
    let Some(mut house) = House::build().await else {
        return;
    };
    house.processes.kill(Service::Logging).await;
    let answered = house.call_until_refused(0).await;
    let lists = house.client.request("tools/list", json!({})).await;
    assert!(lists.expect("lists go on").is_success());
    house.processes.restart(Service::Logging).await;
    house.until_taken_again(answered).await;
    house
        .nothing_is_missing("a disk that the spool fills up", answered + 1)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_others_fill_up_refuses_calls_until_there_is_room() {
    let Some(mut house) = House::build().await else {
        return;
    };
    assert!(house.call(0).await, "there is room at first");
    house.disk.fill();
    house.processes.kill(Service::Logging).await;
    let answered = 1 + house.call_until_refused(1).await;
    // What is refused now is refused again, and the gateway still stands.
    for _ in 0..20 {
        assert!(!house.call(answered).await, "there is no room yet");
    }
    house.disk.make_room();
    house.until_taken_again(answered).await;
    house.processes.restart(Service::Logging).await;
    house
        .nothing_is_missing("a disk that others fill up", answered + 1)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_is_killed_on_a_full_disk_starts_there_again() {
    let Some(mut house) = House::build().await else {
        return;
    };
    house.processes.kill(Service::Logging).await;
    let answered = house.call_until_refused(0).await;
    house.disk.fill();
    house.processes.kill(Service::McpGateway).await;
    house.processes.restart(Service::McpGateway).await;
    house.processes.restart(Service::Logging).await;
    house
        .nothing_is_missing("kill -9 of a gateway on a full disk", answered)
        .await;
}
