use serde_json::Value;
use signalrs_client::{SignalRClient, builder::Auth, hub::Hub};

use crate::subject::{Log, Subject, TOKEN};

pub struct SignalrsClient(SignalRClient);

impl Subject for SignalrsClient {
    async fn connect(port: u16, log: Log) -> Result<Self, String> {
        let (push, three) = (log.clone(), log);
        let hub = Hub::default()
            .method("Push", async move |text: String| push.note(format!("Push({text})")))
            .method("Three", async move |text: String, a: u32, b: u32| three.note(format!("Three({text},{a},{b})")))
            // A handler has no way to give anything back.
            .method("Ask", async |_: String| ());
        let builder = SignalRClient::builder("127.0.0.1").use_port(port.into()).use_hub("hub").with_client_hub(hub);
        let builder = builder.use_unencrypted_connection().use_authentication(Auth::Bearer { token: TOKEN.to_owned() });
        builder.build().await.map(Self).map_err(|error| format!("{error:?}"))
    }

    async fn call(&mut self, target: &str, arguments: &[&str]) -> Result<Value, String> {
        let mut call = self.0.method(target);
        for argument in arguments {
            call = call.arg((*argument).to_owned()).map_err(|error| error.to_string())?;
        }
        call.invoke::<Value>().await.map_err(|error| format!("{error:?}"))
    }
}
