//! The `mail` section: the SMTP server and the sender.

use super::is_loopback;
use flux_config::{SecretKeys, SecretSources, Section};
use lettre::message::Mailbox;
use secrecy::SecretString;

/// The `mail` section.
#[derive(Debug, Clone)]
pub struct Mail {
    /// The SMTP server's name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The protection of the connection.
    pub tls: MailTls,
    /// User name and password, if the server requires a login.
    pub login: Option<(String, SecretString)>,
    /// The sender's address.
    pub from: Mailbox,
}

/// The protection of the connection to the SMTP server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailTls {
    /// In plain text at first, then TLS, or nothing is sent.
    StartTls,
    /// TLS from the first byte.
    Tls,
    /// None: for a server on this machine. A login needs one of the others, or such a server.
    None,
}

/// The usual port of each protection.
const PORTS: [(MailTls, u16); 3] = [(MailTls::StartTls, 587), (MailTls::Tls, 465), (MailTls::None, 25)];

impl Mail {
    /// `None` if the section is absent.
    pub(super) fn read(section: Option<Section<'_>>, sources: &SecretSources) -> Option<Mail> {
        let mut mail = section?;
        let server = mail.required_parsed("server", "a host, with a port if it is not the usual one", server);
        let choices = [("starttls", MailTls::StartTls), ("tls", MailTls::Tls), ("none", MailTls::None)];
        let tls = mail.choice("tls", &choices, MailTls::StartTls);
        let from = mail.required_parsed("from", "an address such as Shop <shop@example.com>", from);
        let username = mail.text("username");
        let keys = SecretKeys {
            inline: "password",
            file: "password_file",
            credential: "mail-password",
            environment: "FLUX_COMPANION_MAIL_PASSWORD",
        };
        let password =
            if username.is_some() { mail.required_secret(keys, sources) } else { mail.secret(keys, sources) };
        if username.is_none() && password.is_some() {
            mail.report("username", "is missing although a password is set");
        }
        let login = username.zip(password.map(|secret| secret.value));
        if login.is_some()
            && let (MailTls::None, Some((host, _))) = (tls, &server)
            && !is_loopback(host)
        {
            let problem = format!("would send the password unencrypted to {host}; with a login: starttls or tls");
            mail.report("tls", &problem);
        }
        mail.finish();
        let (host, port) = server?;
        let usual = PORTS.iter().find(|(protection, _)| *protection == tls).map_or(25, |(_, port)| *port);
        Some(Mail { host, port: port.unwrap_or(usual), tls, login, from: from? })
    }
}

fn from(text: &str) -> Result<Mailbox, &'static str> {
    text.parse().map_err(|_| "is not a mail address")
}

fn server(text: &str) -> Result<(String, Option<u16>), &'static str> {
    if text.contains("://") {
        return Err("is a URL; set mail.tls instead of a scheme");
    }
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
            (host, Some(port.parse().map_err(|_| "has a port that is not a number from 1 to 65535")?))
        }
        _ => (text, None),
    };
    let host = host.trim_matches(['[', ']']);
    let good = !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:".contains(&byte));
    if good && port != Some(0) { Ok((host.to_owned(), port)) } else { Err("is not a host") }
}
