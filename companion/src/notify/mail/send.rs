//! One mail over SMTP, and the kinds of failure.

use crate::config::{Mail, MailTls};
use crate::limits;
use flux_shop::Event;
use lettre::address::AddressError;
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::{AsyncSmtpTransport, Error};
use lettre::{AsyncTransport, Tokio1Executor};
use secrecy::ExposeSecret;

/// The reason that a mail was not sent.
#[derive(Debug, thiserror::Error)]
pub(super) enum SendError {
    #[error("the recipient's address is not valid: {0}")]
    Address(#[from] AddressError),
    #[error("the mail cannot be written: {0}")]
    Message(#[from] lettre::error::Error),
    #[error("mail.server: {0}")]
    Smtp(#[from] Error),
    #[error("mail.server took too long")]
    Slow,
}

/// The scope of a failure.
pub(super) enum Concerns {
    /// The server: it accepts no mail at all.
    Server,
    /// This mail only.
    Mail {
        /// True if the server may accept it later.
        for_now: bool,
    },
}

/// Answers of a server that refuses the login (RFC 4954) or is about to stop (RFC 5321).
const NOT_ABOUT_THE_MAIL: [u16; 6] = [421, 454, 530, 534, 535, 538];

impl SendError {
    /// The scope of this failure: if it is the mail, other mails can be sent.
    pub(super) fn concerns(&self) -> Concerns {
        match self {
            SendError::Address(_) | SendError::Message(_) => Concerns::Mail { for_now: false },
            SendError::Slow => Concerns::Server,
            SendError::Smtp(error) => match error.status() {
                Some(code) if !NOT_ABOUT_THE_MAIL.contains(&u16::from(code)) => {
                    Concerns::Mail { for_now: error.is_transient() }
                }
                _ => Concerns::Server,
            },
        }
    }
}

/// Sends mails, one connection each.
pub(super) struct Sender {
    transport: AsyncSmtpTransport<Tokio1Executor>,
}

impl Sender {
    pub(super) fn new(mail: &Mail) -> Result<Sender, Error> {
        let parameters = || TlsParameters::new(mail.host.clone());
        let tls = match mail.tls {
            MailTls::None => Tls::None,
            MailTls::StartTls => Tls::Required(parameters()?),
            MailTls::Tls => Tls::Wrapper(parameters()?),
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&mail.host)
            .port(mail.port)
            .tls(tls)
            .timeout(Some(limits::MAIL_TIMEOUT));
        if let Some((name, password)) = &mail.login {
            builder = builder.credentials(Credentials::new(name.clone(), password.expose_secret().to_owned()));
        }
        Ok(Sender { transport: builder.build() })
    }

    /// Returns once the server has accepted the mail.
    pub(super) async fn send(&self, mail: &Mail, to: &str, event: &Event, id: String) -> Result<(), SendError> {
        let text = |name: &str| event.data[name].as_str().unwrap_or_default().to_owned();
        let message = Message::builder()
            .from(mail.from.clone())
            .to(Mailbox::new(None, to.parse()?))
            .message_id(Some(id))
            .subject(text("subject"))
            .header(ContentType::TEXT_PLAIN)
            .body(text("body"))?;
        self.transport.send(message).await?;
        Ok(())
    }
}
