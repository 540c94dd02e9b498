use crate::VERSION;
use crate::exit::Exit;
use flux_protocol::PROTOCOL_VERSION;

pub(super) fn run(json: bool) -> Exit {
    if json {
        println!(
            "{}",
            serde_json::json!({"name": "flux-agent", "version": VERSION, "protocolVersion": PROTOCOL_VERSION})
        );
    } else {
        println!("flux-agent {VERSION} (protocol {PROTOCOL_VERSION})");
    }
    Exit::Done
}
