//! One mail over SMTP, and the kinds of failure.

use super::address::{needs_smtputf8, smtp_address};
use super::html::html;
use crate::config::{Mail, MailTls};
use crate::limits;
use lettre::Address;
use lettre::address::AddressError;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::extension::{ClientId, Extension};
use secrecy::ExposeSecret;
use tokio::time::timeout;

/// The reason that a mail was not sent.
#[derive(Debug, thiserror::Error)]
pub(super) enum SendError {
    #[error("the recipient's address is not valid: {0}")]
    Address(#[from] AddressError),
    #[error("the mail cannot be written: {0}")]
    Message(#[from] lettre::error::Error),
    #[error(
        "the recipient's address has other letters than ASCII before the @, and mail.server takes none (no SMTPUTF8)"
    )]
    NoSmtpUtf8,
    #[error("mail.from has other letters than ASCII before the @, and mail.server takes none (no SMTPUTF8)")]
    SenderNoSmtpUtf8,
    #[error("mail.server: {0}")]
    Open(#[source] Error),
    #[error("mail.server took too long to accept the connection")]
    SlowOpen,
    #[error("mail.server: {0}")]
    Deliver(#[source] Error),
    #[error("mail.server took too long to accept the mail")]
    SlowDeliver,
}

/// The scope of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The server: it accepts no mail at all.
    Server,
    /// The mail or the server: the connection was open, and broke.
    Unclear,
    /// This mail, for now.
    Deferred,
    /// This mail, for good.
    Refused,
}

/// Answers about the connection (RFC 5321) or the login (RFC 4954), although a mail caused them.
const NOT_ABOUT_THE_MAIL: [u16; 6] = [421, 454, 530, 534, 535, 538];

impl SendError {
    /// The scope of this failure.
    pub(super) fn verdict(&self) -> Verdict {
        match self {
            SendError::Address(_) | SendError::Message(_) | SendError::NoSmtpUtf8 => Verdict::Refused,
            SendError::Open(_) | SendError::SlowOpen | SendError::SenderNoSmtpUtf8 => Verdict::Server,
            SendError::SlowDeliver => Verdict::Unclear,
            // The client itself refuses an envelope that this server cannot take.
            SendError::Deliver(error) if error.is_client() => Verdict::Refused,
            SendError::Deliver(error) => match error.status() {
                Some(code) if NOT_ABOUT_THE_MAIL.contains(&u16::from(code)) => Verdict::Unclear,
                Some(_) if error.is_transient() => Verdict::Deferred,
                Some(_) => Verdict::Refused,
                None => Verdict::Unclear,
            },
        }
    }
}

/// The headers of RFC 8058.
const LIST_UNSUBSCRIBE: &str = "List-Unsubscribe";
const ONE_CLICK: &str = "List-Unsubscribe-Post";
const ONE_CLICK_VALUE: &str = "List-Unsubscribe=One-Click";

/// The text of a mail, and where it goes.
#[derive(Debug)]
pub(super) struct Letter<'a> {
    pub(super) to: &'a str,
    /// The recipient's name, if it is known.
    pub(super) to_name: Option<&'a str>,
    pub(super) subject: &'a str,
    pub(super) body: &'a str,
    /// The `Message-ID`.
    pub(super) id: String,
    /// The address that unsubscribes the recipient.
    pub(super) unsubscribe: Option<String>,
}

/// Sends mails, one connection each.
pub(super) struct Sender<'a> {
    mail: &'a Mail,
    from: Mailbox,
    tls: Option<TlsParameters>,
}

impl<'a> Sender<'a> {
    pub(super) fn new(mail: &'a Mail) -> Result<Sender<'a>, Error> {
        let tls = match mail.tls {
            MailTls::None => None,
            MailTls::StartTls | MailTls::Tls => Some(TlsParameters::new(mail.host.clone())?),
        };
        let Mailbox { name, email } = mail.from.clone();
        let from = Mailbox::new(name, smtp_address(email.as_ref()).unwrap_or(email));
        Ok(Sender { mail, from, tls })
    }

    /// Returns once the server has accepted the mail.
    pub(super) async fn send(&self, letter: Letter<'_>) -> Result<(), SendError> {
        let to = smtp_address(letter.to)?;
        let mut message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(letter.to_name.map(str::to_owned), to.clone()))
            .message_id(Some(letter.id))
            .subject(letter.subject)
            .multipart(MultiPart::alternative_plain_html(letter.body.to_owned(), html(letter.body)))?;
        if let Some(address) = letter.unsubscribe {
            for (name, value) in [(LIST_UNSUBSCRIBE, format!("<{address}>")), (ONE_CLICK, ONE_CLICK_VALUE.to_owned())] {
                let name = HeaderName::new_from_ascii_str(name);
                message.headers_mut().insert_raw(HeaderValue::dangerous_new_pre_encoded(name, value.clone(), value));
            }
        }
        let opened = timeout(limits::MAIL_TIMEOUT, self.open()).await.map_err(|_| SendError::SlowOpen)?;
        let mut connection = opened.map_err(SendError::Open)?;
        let ended = self.deliver(&mut connection, &to, &message).await;
        // The server has the mail, or has refused it: how the connection ends says nothing more.
        let _ = timeout(limits::MAIL_QUIT, connection.abort()).await;
        ended
    }

    async fn deliver(
        &self,
        connection: &mut AsyncSmtpConnection,
        to: &Address,
        message: &Message,
    ) -> Result<(), SendError> {
        if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
            if needs_smtputf8(&self.from.email) {
                return Err(SendError::SenderNoSmtpUtf8);
            }
            if needs_smtputf8(to) {
                return Err(SendError::NoSmtpUtf8);
            }
        }
        let text = message.formatted();
        match timeout(limits::MAIL_TIMEOUT, connection.send(message.envelope(), &text)).await {
            Ok(sent) => sent.map(drop).map_err(SendError::Deliver),
            Err(_) => Err(SendError::SlowDeliver),
        }
    }

    /// Connects and logs in.
    async fn open(&self) -> Result<AsyncSmtpConnection, Error> {
        let (name, server) = (ClientId::default(), (self.mail.host.as_str(), self.mail.port));
        let (from_first_byte, later) = match self.mail.tls {
            MailTls::Tls => (self.tls.clone(), None),
            MailTls::StartTls => (None, self.tls.clone()),
            MailTls::None => (None, None),
        };
        let patience = Some(limits::MAIL_TIMEOUT);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(server, patience, &name, from_first_byte, None).await?;
        if let Some(tls) = later {
            connection.starttls(tls, &name).await?;
        }
        if let Some((user, password)) = &self.mail.login {
            let login = Credentials::new(user.clone(), password.expose_secret().to_owned());
            connection.auth(DEFAULT_MECHANISMS, &login).await?;
        }
        Ok(connection)
    }
}
