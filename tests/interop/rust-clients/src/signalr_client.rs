use std::{sync::Arc, time::Duration};

use serde_json::Value;
use signalr_client::{ConstantDelayPolicy, ReconnectionConfig, SignalRClient};

use crate::subject::{Log, Subject, TOKEN};

pub struct SignalrClient(SignalRClient);

impl Subject for SignalrClient {
    async fn connect(port: u16, log: Log) -> Result<Self, String> {
        let mut client = SignalRClient::connect_with("127.0.0.1", "hub", |options| {
            options.with_port(port.into());
            options.unsecure();
            options.authenticate_bearer(TOKEN.to_owned());
            let policy = Arc::new(ConstantDelayPolicy::new(Duration::from_millis(500), None));
            options.with_reconnection_policy(ReconnectionConfig { policy });
        })
        .await?;
        // Handlers can be registered only now.
        let (push, three) = (log.clone(), log);
        client.register("Push".to_owned(), move |call| {
            push.note(format!("Push({})", call.argument::<String>(0).unwrap_or_default()));
        });
        client.register("Three".to_owned(), move |call| {
            let (a, b) = (call.argument::<u32>(1), call.argument::<u32>(2));
            let text = call.argument::<String>(0).unwrap_or_default();
            three.note(format!("Three({text},{},{})", a.unwrap_or_default(), b.unwrap_or_default()));
        });
        client.register("Ask".to_owned(), |mut call| {
            tokio::spawn(async move { call.complete("answer").await });
        });
        Ok(Self(client))
    }

    async fn call(&mut self, target: &str, arguments: &[&str]) -> Result<Value, String> {
        if arguments.is_empty() {
            return self.0.invoke::<Value>(target.to_owned()).await;
        }
        self.0
            .invoke_with_args::<Value, _>(target.to_owned(), |call| {
                for argument in arguments {
                    call.argument((*argument).to_owned());
                }
            })
            .await
    }
}
