use crate::config::{Mail, MailTls};
use crate::limits;
use crate::model::EventRow;
use lettre::address::AddressError;
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::{AsyncSmtpTransport, Error};
use lettre::{AsyncTransport, Tokio1Executor};
use secrecy::ExposeSecret;

/// Why a mail was not sent.
#[derive(Debug, thiserror::Error)]
pub(super) enum SendError {
    #[error("the address is none: {0}")]
    Address(#[from] AddressError),
    #[error("the mail cannot be written: {0}")]
    Message(#[from] lettre::error::Error),
    #[error("mail.server: {0}")]
    Smtp(#[from] Error),
    #[error("mail.server took too long")]
    Slow,
}

impl SendError {
    /// Whether trying again would change nothing: the server has refused this mail, not merely failed.
    pub(super) fn is_final(&self) -> bool {
        match self {
            SendError::Address(_) | SendError::Message(_) => true,
            SendError::Smtp(error) => error.is_permanent(),
            SendError::Slow => false,
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

    /// Done when the server has taken it.
    pub(super) async fn send(&self, mail: &Mail, to: &str, event: &EventRow, id: String) -> Result<(), SendError> {
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
